#!/bin/bash
# The Debian package on a real system: installed beside a site, a PHP and a broker that were there
# before, used, broken, rebooted, and taken off again without a trace.
#
# A root made by debootstrap is booted with systemd-nspawn, with a network of its own. It is kept in
# BUILD/install/base, so that the next run is quicker. Where that cannot run (not root, no nspawn),
# this says so and ends with 77, which is a skipped test.
#
# MQTT_CHAT_BUILD   the build folder (default: build, beside the sources)
# MQTT_CHAT_MIRROR  where debootstrap gets its packages from
set -u
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
build=$(cd "${MQTT_CHAT_BUILD:-$top/build}" && pwd -P) || exit
readonly top build work=$build/install
# shellcheck disable=SC2034
readonly patience=120
readonly root=$work/root base=$work/base
# shellcheck disable=SC1091
. "$top/tests/install/steps.sh"

# --- The system

readonly packages=(systemd systemd-sysv dbus nginx mosquitto mosquitto-clients php-fpm curl iproute2
  spawn-fcgi multiwatch libfcgi0ldbl libjson-c5 libsqlite3-0 libmosquitto1 sqlite3 procps)

check_tools() {
  local tool
  ((EUID == 0)) || skip 'only root can boot a container'
  for tool in debootstrap systemd-nspawn nsenter dpkg-buildpackage dh lintian; do
    command -v "$tool" > /dev/null || skip "$tool is not installed"
  done
}

make_base() {
  local list=${packages[*]}
  if [[ $(cat "$base/.complete" 2> /dev/null) == "$list" ]]; then return; fi
  say 'making the base system, which takes a few minutes the first time'
  rm -rf "$base"
  debootstrap --variant=minbase --include="${list// /,}" bookworm "$base" \
    ${MQTT_CHAT_MIRROR:+"$MQTT_CHAT_MIRROR"} > "$work/debootstrap.log" 2>&1 ||
    skip "debootstrap failed: $(tail -n 1 "$work/debootstrap.log")"
  echo "$list" > "$base/.complete"
}

# Built as a packager would: from a release, without npm.
make_package() {
  local log=$work/package.log
  rm -rf "$work/deb"
  mkdir -p "$work/deb"
  { make -s -C "$build" dist distdir=mqtt-chat && tar xf "$build/mqtt-chat.tar.gz" -C "$work/deb" &&
    rm "$build/mqtt-chat.tar.gz" && cd "$work/deb/mqtt-chat" &&
    DEB_BUILD_OPTIONS="nocheck parallel=2" dpkg-buildpackage -b -us -uc; } > "$log" 2>&1 ||
    fail "the package is not built: $(tail -n 1 "$log") (log: $log)"
  cd "$work" || exit
  lintian --allow-root --fail-on error,warning "$work"/deb/*.changes >> "$log" 2>&1 ||
    fail "lintian: $(tail -n 3 "$log")"
  pass 'the package is built from a release and lintian finds nothing'
}

# What was there before: a PHP site, whose server block will get our line.
make_root() {
  local php
  rm -rf "$root"
  cp -a "$base" "$root"
  rm "$root/.complete"
  cp "$work"/deb/mqtt-chat_*.deb "$root/root/mqtt-chat.deb"
  cp "$top/tests/install/probe.sh" "$root/usr/local/bin/probe"
  php=$(basename "$root"/usr/lib/systemd/system/php*-fpm.service .service)
  [[ -e $root/lib/systemd/system/$php.service ]] || fail 'there is no php-fpm'
  mkdir "$root/var/www/site"
  echo "127.0.0.1 localhost" > "$root/etc/hosts"
  echo '<?php echo "site ", 6 * 7;' > "$root/var/www/site/index.php"
  rm "$root/etc/nginx/sites-enabled/default"
  cat > "$root/etc/nginx/sites-enabled/site" << END
server {
    listen 80;
    server_name site;
    root /var/www/site;
    index index.php;
    location ~ \.php\$ {
        include snippets/fastcgi-php.conf;
        fastcgi_pass unix:/run/php/$php.sock;
    }
}
END
}

nspawn='' leader=''

boot() { # skip|fail: what it is if it does not
  systemd-nspawn -q -D "$root" --boot --register=no --keep-unit --private-network --console=pipe \
    --machine="mqtt-chat-$$" < /dev/null > "$work/console.log" 2>&1 &
  nspawn=$!
  trap shut_down EXIT
  wait_for 'the system to run' is_running ||
    "$1" "systemd-nspawn does not boot the system: $(tail -n 1 "$work/console.log")"
}

# The first process of the container is another after a reboot.
is_running() {
  leader=$(pgrep -P "$nspawn" | head -n 1)
  [[ $leader && $(inside systemctl is-system-running 2> /dev/null) == running ]]
}

shut_down() {
  kill -0 "$nspawn" 2> /dev/null || return
  [[ ! $leader ]] || inside systemctl poweroff > /dev/null 2>&1
  wait_for 'the system to end' gone "$nspawn" || kill -KILL "$nspawn"
}

inside() { # COMMAND...
  nsenter -t "$leader" -a env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    DEBIAN_FRONTEND=noninteractive "$@"
}

main() {
  mkdir -p "$work"
  check_tools
  make_base
  make_package
  make_root
  boot skip
  pass 'a system with nginx, php-fpm and mosquitto runs'
  run_steps
  say "all passed in $SECONDS s"
}

main

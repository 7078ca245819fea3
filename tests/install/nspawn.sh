#!/bin/bash
# The Debian package on real systems of a release: built there, installed on boxes of several kinds, used,
# broken, upgraded, rebooted, and taken off again without a trace. What is done there is in steps.sh and boxes.sh.
#
# A system is a copy of a root made by debootstrap, booted with systemd-nspawn, with a network of its own.
# The root is kept in BUILD/install/SUITE/base, so that the next run is quicker. Where that cannot
# run (not root, no nspawn), this says so and ends with 77, which is a skipped test.
#
# SUITE             the release of Debian (default: bookworm)
# MQTT_CHAT_BUILD   the build folder (default: build, beside the sources)
# MQTT_CHAT_MIRROR  where debootstrap gets its packages from
set -u
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
build=$(cd "${MQTT_CHAT_BUILD:-$top/build}" && pwd -P) || exit
suite=${SUITE:-bookworm}
# shellcheck disable=SC2034
readonly patience=120
readonly top build suite work=$build/install/$suite
readonly base=$work/base builder=$work/builder root=$work/root
# shellcheck disable=SC1091
. "$top/tests/install/steps.sh"
# shellcheck disable=SC1091
. "$top/tests/install/boxes.sh"

readonly on_the_box='nginx mosquitto mosquitto-clients php-fpm'
readonly our_needs='multiwatch spawn-fcgi'
readonly to_build='build-essential autoconf-archive debhelper libcmocka-dev libfcgi-dev libjson-c-dev
  libmosquitto-dev libsqlite3-dev libssl-dev libutf8proc-dev lintian mosquitto-dev pkgconf po-debconf'
readonly to_test="$on_the_box $our_needs bash-completion fish libfaketime nodejs openssl strace tzdata util-linux zsh"

check_tools() {
  local tool
  ((EUID == 0)) || skip 'only root can boot a container'
  for tool in debootstrap systemd-nspawn nsenter; do
    command -v "$tool" > /dev/null || skip "$tool is not installed"
  done
}

in_root() { # ROOT COMMAND...: not booted, with the network of this machine
  local folder=$1
  shift
  systemd-nspawn -q -D "$folder" --register=no --keep-unit --resolv-conf=copy-host --console=pipe \
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@" < /dev/null
}

# With all packages that the tests install, downloaded, as a booted system has no network.
make_base() {
  local log=$work/base.log
  if [[ -e $base/.complete ]]; then return; fi
  say "making the base system of $suite, which takes some minutes the first time"
  rm -rf "$base"
  debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,curl,iproute2,procps,sqlite3,netbase \
    "$suite" "$base" ${MQTT_CHAT_MIRROR:+"$MQTT_CHAT_MIRROR"} > "$log" 2>&1 ||
    skip "debootstrap failed: $(tail -n 1 "$log")"
  # shellcheck disable=SC2086
  in_root "$base" apt-get install -q -y --no-install-recommends --download-only \
    $on_the_box $our_needs $to_build $to_test >> "$log" 2>&1 || skip "apt-get failed: $(tail -n 1 "$log")"
  printf '127.0.0.1 localhost\n::1 localhost\n' > "$base/etc/hosts"
  touch "$base/.complete"
}

copy_base() { # ROOT PACKAGE...: with these, which are not started
  local folder=$1
  shift
  rm -rf "$folder"
  cp -a "$base" "$folder"
  rm "$folder/.complete"
  (($#)) || return 0
  printf '#!/bin/sh\nexit 101\n' > "$folder/usr/sbin/policy-rc.d"
  chmod +x "$folder/usr/sbin/policy-rc.d"
  in_root "$folder" apt-get install -q -y --no-install-recommends "$@" \
    > "$work/copy.log" 2>&1 || fail "apt-get install $*: $(tail -n 2 "$work/copy.log")"
  rm "$folder/usr/sbin/policy-rc.d"
}

# Built as a packager would, from a release, without npm; the tests of the units run there.
make_package() {
  local log=$work/package.log release=mqtt-chat-$suite
  # shellcheck disable=SC2086
  copy_base "$builder" $to_build
  make -s -C "$build" dist distdir="$release" > "$log" 2>&1 || fail "make dist: $(tail -n 1 "$log")"
  mkdir "$builder/deb" "$builder/old"
  tar xf "$build/$release.tar.gz" -C "$builder/deb" && rm "$build/$release.tar.gz"
  mv "$builder/deb/$release" "$builder/deb/mqtt-chat"
  in_root "$builder" sh -c 'cd /deb/mqtt-chat && DEB_BUILD_OPTIONS=parallel=2 dpkg-buildpackage -b -us -uc' \
    >> "$log" 2>&1 || fail "the package is not built: $(grep -E 'rror|FAIL' "$log" | tail -n 5) (log: $log)"
  grep -E '^# (PASS|TOTAL):' "$log" | tail -n 2
  in_root "$builder" sh -c 'lintian --allow-root --fail-on error,warning /deb/*.changes' >> "$log" 2>&1 ||
    fail "lintian: $(tail -n 5 "$log")"
  pass 'the package is built from a release, its unit tests pass, and lintian finds nothing'
}

# The tests that start the programs, as a clone has them; where the release is this machine's they run
# there anyway.
tests_pass() {
  local log=$work/tests.log
  # shellcheck disable=SC1091
  [[ $suite != $(. /etc/os-release && echo "$VERSION_CODENAME") ]] || return 0
  [[ -d $top/node_modules ]] || skip "npm's packages are not installed"
  # shellcheck disable=SC2086
  in_root "$builder" apt-get install -q -y --no-install-recommends $to_test > "$log" 2>&1 ||
    fail "apt-get install: $(tail -n 2 "$log")"
  cp -rL "$top/node_modules" "$builder/deb/mqtt-chat/"
  # shellcheck disable=SC2016 # make's variables
  in_root "$builder" env sh -c 'cd /deb/mqtt-chat && make -s -j2 VERBOSE=1 check \
    TESTS="\$(system_tests) \$(guard_tests) \$(admin_tests) \$(broker_tests)" check_DATA=' >> "$log" 2>&1 ||
    fail "the tests of $suite: $(grep -E '^(FAIL|ERROR|SKIP)' "$log" | tr '\n' ' ') (log: $log)"
  grep -E '^SKIP' "$log"
  pass "the system's and the administrator's tests: $(sed -n 's/^# PASS: */passed /p' "$log" | tail -n 1)"
}

# The last release, from the repository's history. $1 is set to its commit, or nothing is made.
readonly last_release=99be0f9a722f0e3911ae793ec54abf133390ad27
make_last_release() {
  local log=$work/old.log folder=$builder/old/mqtt-chat
  git -C "$top" cat-file -e "$last_release^{commit}" 2> /dev/null || return 1
  mkdir -p "$folder"
  git -C "$top" archive "$last_release" | tar x -C "$folder"
  cp "$top"/web/chat/mqtt.js* "$folder/web/chat/"
  cp -r "$top/web/min" "$folder/web/"
  : > "$folder/web/min/preferences.js" # the page of then had it
  find "$folder/web/chat" -name 'mqtt.js*' -exec touch -d '2 hours' {} +
  find "$folder/web/min" -exec touch -d '3 hours' {} +
  in_root "$builder" sh -c 'cd /old/mqtt-chat && DEB_BUILD_OPTIONS="nocheck parallel=2" dpkg-buildpackage -b -us -uc' \
    > "$log" 2>&1 || fail "the last release is not built: $(tail -n 3 "$log")"
}

# A PHP site, whose server block will get our line, and what is on its box.
make_box() { # PACKAGE...
  copy_base "$root" "$@"
  cp "$builder"/deb/mqtt-chat_*.deb "$root/srv/mqtt-chat.deb"
  cp "$top/tests/install/probe.sh" "$root/usr/local/bin/probe"
  [[ ! -d $root/etc/nginx ]] || make_site
}

make_site() {
  local php
  php=$(basename "$root"/usr/lib/systemd/system/php*-fpm.service .service)
  mkdir "$root/var/www/site"
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
  leader=''
}

inside() { # COMMAND...
  nsenter -t "$leader" -a env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    DEBIAN_FRONTEND=noninteractive "$@"
}

box() { # NAME PACKAGE...: of these it is made; what is done with it is the function of that name
  local name=$1
  shift
  make_box "$@"
  if declare -F "before_$name" > /dev/null; then "before_$name"; fi
  say "== $suite, $name"
  boot skip
  "$name"
  shut_down
}

main() {
  mkdir -p "$work"
  check_tools
  make_base
  make_package
  tests_pass
  # shellcheck disable=SC2086
  {
    box one_command
    box no_policy
    box beside_a_broker $on_the_box
    box with_a_site $on_the_box
    if [[ $suite != bookworm ]]; then
      say 'left out: the upgrade from 0.1, which cannot be installed on this release'
    elif make_last_release; then
      cp "$builder"/old/mqtt-chat_0.1.0_*.deb "$work/old.deb"
      box upgraded $on_the_box
      box upgraded_beside $on_the_box
    else
      say "left out: the upgrade from 0.1, as the repository's history is not here"
    fi
  }
  say "all passed in $SECONDS s"
}

main

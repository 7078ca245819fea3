# Sourced by nspawn.sh: what is done on the system and what has to come of it.
# shellcheck shell=bash disable=SC2154,SC2119,SC2120

say() { printf '%s\n' "$*"; }
pass() { printf 'ok: %s (%s s)\n' "$*" "$SECONDS"; }
skip() { say "skipped: $*"; exit 77; }
fail() {
  say "FAILED: $*"
  if [[ ${leader-} ]]; then inside journalctl -b --no-pager -n 40 2> /dev/null; fi
  exit 1
}

wait_for() { # WHAT COMMAND...
  local what=$1 end=$((SECONDS + patience))
  shift
  until "$@"; do
    if ((SECONDS >= end)); then say "waited in vain for $what"; return 1; fi
    sleep 0.2
  done
}

expect() { # WHAT COMMAND...: now or soon
  wait_for "$@" || fail "$1"
}

gone() { ! kill -0 "$1" 2> /dev/null; }

# --- What a user sees

site_answers() { [[ $(inside curl -sf http://127.0.0.1/) == 'site 42' ]]; }
chat_answers() { inside curl -sf http://127.0.0.1/chat/ 2> /dev/null | grep -qi '<title>.*chat'; }
history_has() { inside curl -sf 'http://127.0.0.1/api/messages?limit=200' 2> /dev/null | grep -q "\"$1\""; }
port() { sed -n 's/^mqtt_port=//p' "$root/etc/mqtt-chat/ports"; }
publish() { inside mosquitto_pub -h localhost -p "$(port)" -q 1 -t chat/messages -m "$1" 2> /dev/null; }
broker_serves() { inside mosquitto_pub -t "$1" -m hello 2> /dev/null; }
rows() { inside sqlite3 -readonly /var/lib/mqtt-chat/chat.db "SELECT $1 FROM messages WHERE $2"; }
status_says() { inside systemctl show -p StatusText mqtt-chat-logger | grep -q "$1"; }
enabled() { inside systemctl -q is-enabled "$1" 2> /dev/null; }
main_pid() { inside systemctl show -p MainPID --value "$1"; }
active() { [[ $(inside systemctl is-active "$1") == active ]]; }
pinged() { inside systemctl show -p WatchdogTimestampMonotonic --value mqtt-chat-logger; }
shows_life() { # the watchdog hears of it again and again
  local before
  before=$(pinged)
  expect 'a sign of life' eval "[[ \$(pinged) != $before ]]"
}
restarted() { # UNIT OLD-PID
  local now
  now=$(main_pid "$1")
  [[ $now != 0 && $now != "$2" ]] && active "$1"
}

stored() { # TEXT: published and then in the history
  publish "$1" && expect "'$1' is in the history" history_has "$1"
}

# --- What is on the disk: all but what runs, logs, caches and the packagers' own books

tree() { # FILE
  local skip=(-path var/log -o -path var/cache -o -path var/lib/dpkg -o -path var/lib/apt
    -o -path var/lib/mosquitto -o -path var/lib/mqtt-chat -o -path var/lib/php -o -path var/tmp
    -o -path 'root/*.deb' -o -path 'etc/*-' -o -path etc/.pwd.lock -o -path etc/ld.so.cache)
  (cd "$root" &&
    find etc usr opt srv home root var -xdev \( "${skip[@]}" \) -prune -o -printf '%p %M %U:%G %l\n' &&
    find etc usr opt srv home root var -xdev \( "${skip[@]}" \) -prune -o -type f -exec sha256sum {} +) |
    sort > "$1"
}

# --- The steps

install_package() { # its output is in $work/install.log
  inside apt-get install -q -y --no-install-recommends -o Dpkg::Options::=--force-confold \
    "${1-/srv/mqtt-chat.deb}" > "$work/install.log" 2>&1 || fail "the installation: $(tail -n 5 "$work/install.log")"
}
purge_package() { inside apt-get purge -q -y --autoremove mqtt-chat > "$work/purge.log" 2>&1 || fail "purge: $(tail -n 5 "$work/purge.log")"; }
told() { grep -q "$1" "$work/install.log" || fail "it does not say '$1': $(grep mqtt-chat: "$work/install.log")"; }
put_line() { # SITE: of nginx
  sed -i '/^[[:space:]]*index index/a include snippets/mqtt-chat.conf;' "$root/etc/nginx/sites-enabled/$1"
  inside nginx -tq || fail 'nginx -t'
  inside systemctl reload nginx
  expect 'the chat answers' chat_answers
}
all_of() { [[ $(rows 'count(*), count(DISTINCT text)' "text LIKE '$2 %'") == "$1|$1" ]]; } # each once
is_stored() { [[ $(rows 'count(*)' "text = '$1'") == 1 ]]; }

# --- A site, with a mosquitto that runs and that nobody uses

turned_on() {
  install_package
  told 'another broker has port 1883'
  site_answers || fail 'the site before the line'
  put_line site
  site_answers || fail 'the site after the line'
  expect 'ready' status_says 'storing what is sent'
  stored 'first message'
  pass 'one line later the site and the chat both answer, and a message is stored'
}

broker_is_waited_for() {
  inside systemctl mask --runtime --now mqtt-chat-broker 2> /dev/null
  expect 'the logger says what it waits for' status_says 'waiting for the broker'
  inside systemctl restart mqtt-chat-logger || fail 'it cannot be started without a broker'
  expect 'the logger says what it waits for' status_says 'waiting for the broker'
  active mqtt-chat-logger || fail 'the unit failed'
  shows_life
  history_has 'first message' || fail 'the history cannot be read without a broker'
  inside systemctl unmask --runtime mqtt-chat-broker 2> /dev/null
  inside systemctl start mqtt-chat-broker
  expect 'the logger stores again' status_says 'storing what is sent'
  pass 'a broker that is down makes no unit fail, neither later nor at the start'
}

database_is_waited_for() {
  inside systemd-run -q --unit=other sqlite3 /var/lib/mqtt-chat/chat.db \
    'BEGIN IMMEDIATE' '.shell sleep 600'
  expect 'a lock on the database' eval "inside pgrep -f 'sleep 600' > /dev/null"
  publish 'while it is locked'
  expect 'the logger says that it cannot store' status_says 'cannot store'
  shows_life
  shows_life
  inside systemctl stop other
  expect 'the message' history_has 'while it is locked'
  expect 'the logger stores again' status_says 'storing what is sent'
  pass 'a database that cannot be written is waited out, with signs of life, and loses no message'
}

units_come_back() {
  local unit pid
  for unit in mqtt-chat-broker mqtt-chat-logger mqtt-chat-api; do
    pid=$(main_pid "$unit")
    inside systemctl kill -s KILL "$unit"
    expect "$unit comes back" restarted "$unit" "$pid"
  done
  stored 'after the kills'
  inside pkill -KILL -x chat.fcgi
  stored 'after the responder'
  pass 'the broker, the logger, the API and a responder come back when they are killed'
}

hung=''

hang_logger() {
  hung=$(main_pid mqtt-chat-logger)
  inside kill -STOP "$hung"
  publish 'while it hangs'
}

hung_logger_is_ended() {
  expect 'the watchdog' restarted mqtt-chat-logger "$hung"
  inside journalctl -u mqtt-chat-logger -o cat --no-pager | grep -qi 'watchdog timeout' ||
    fail 'it was not the watchdog'
  expect 'what was sent meanwhile' history_has 'while it hangs'
  pass 'the watchdog ends a logger that hangs, and the next one stores what was sent meanwhile'
}

probe() { # UNIT: what /usr/local/bin/probe can do in its place
  sed -e 's|^ExecStart=.*|ExecStart=/usr/local/bin/probe|' -e '/^ExecReload/d' -e '/^ExecStartPre/d' -e '/^Restart/d' \
    -e 's/^Type=.*/Type=exec/' -e '/^WatchdogSec/d' -e 's/^RuntimeDirectory=.*/RuntimeDirectory=probe/' \
    "$root/usr/lib/systemd/system/$1.service" > "$root/run-probe.service"
  inside cp /run-probe.service /run/systemd/system/probe.service
  inside systemctl daemon-reload
  inside systemctl start --wait probe
  inside journalctl -u probe -o cat --no-pager -b | grep '^probe: ' | sort > "$work/probe"
  rm -f "$root/run-probe.service"
  inside rm -f /run/systemd/system/probe.service
  inside journalctl --rotate --vacuum-time=1s -q 2> /dev/null
}

can() { grep -q "^probe: $1 yes" "$work/probe" || fail "$2 cannot: $1: $(cat "$work/probe")"; }
cannot() { grep -q "^probe: $1 no" "$work/probe" || fail "$2 can: $1: $(cat "$work/probe")"; }

sandbox_denies() {
  local what
  inside setpriv --reuid mqtt-chat --regid mqtt-chat --clear-groups /usr/local/bin/probe > "$work/probe" 2>&1
  for what in read-history write-history read-password read-identity open-network; do
    can "$what" 'the user itself'
  done
  probe mqtt-chat-api
  can read-history 'the API'
  for what in write-history read-password read-identity open-network write-etc see-processes; do
    cannot "$what" 'the API'
  done
  pass 'in the place of the API the history can be read, and not changed; no password, no network'
}

logger_sandbox_denies() {
  local what
  probe mqtt-chat-logger
  for what in read-history write-history read-password open-network; do can "$what" 'the logger'; done
  for what in write-etc see-processes; do cannot "$what" 'the logger'; done
  probe mqtt-chat-broker
  can open-network 'the broker'
  for what in read-history write-history read-password read-identity write-etc see-processes; do
    cannot "$what" 'the broker'
  done
  pass 'in the place of the logger only its own can be changed; the broker sees nothing of the history'
}

token_says() { # STATUS
  [[ $1 == $(inside curl -s -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' \
    -d '{"nickname":"Ann"}' http://127.0.0.1/api/token) ]]
}

set_identity() {
  inside sed -i "s/^identity = .*/identity = $1/" /etc/mqtt-chat/mqtt-chat.conf
  inside systemctl restart mqtt-chat-broker mqtt-chat-logger mqtt-chat-token
  expect 'the logger at its broker' status_says 'storing what is sent'
}

tokens_are_for_their_program_alone() {
  local what
  ! active mqtt-chat-token || fail 'it runs in mode open'
  token_says 404 || fail 'there are tokens in mode open'
  set_identity guest
  expect 'a token' token_says 200
  probe mqtt-chat-token
  for what in read-token-key reach-tokens; do can "$what" 'token.fcgi'; done
  for what in read-history read-password read-identity open-network write-etc see-processes; do
    cannot "$what" 'token.fcgi'
  done
  for what in api logger broker; do
    probe "mqtt-chat-$what"
    cannot read-token-key "the $what"
    cannot reach-tokens "the $what"
  done
  inside systemctl kill -s KILL mqtt-chat-token
  ! token_says 404 || fail 'a token.fcgi that is down looks like mode open'
  expect 'a token after the kill' token_says 200
  set_identity open
  token_says 404 || fail 'there are tokens in mode open again'
  pass 'token.fcgi runs unless the mode is open, and nobody else can sign, or ask it past nginx'
}

as_lamp() { # TEXT: says a device that has a token
  inside mosquitto_pub -h localhost -p "$(port)" -u @lamp -P "$token" -q 1 -t chat/messages -m "$1" 2> /dev/null
}

nobody_is_somebody_else() {
  local token
  set_identity guest
  ! publish 'without a token' || fail 'who has no token talks'
  token=$(inside mqtt-chat token lamp 2> "$work/token") || fail "token: $(cat "$work/token")"
  as_lamp 'with a token' || fail 'a device with a token cannot talk'
  expect 'what it said in the history' history_has 'with a token'
  inside mqtt-chat ban @lamp --reason=noise > "$work/ban" 2>&1 || fail "ban: $(cat "$work/ban")"
  ! as_lamp 'banned' || fail 'who is banned talks'
  inside mqtt-chat unban @lamp > "$work/ban" 2>&1 || fail "unban: $(cat "$work/ban")"
  as_lamp 'no longer banned' || fail 'who is no longer banned cannot talk'
  set_identity open
  stored 'open again' || fail 'nobody can talk in mode open'
  pass 'in mode guest the broker takes tokens alone, and hears of bans; open again it takes everybody'
}

units_are_tight() {
  local unit
  for unit in mqtt-chat-broker mqtt-chat-logger mqtt-chat-api mqtt-chat-token; do
    inside systemd-analyze verify --man=no "$unit.service" 2>&1 | grep . && fail "verify $unit"
    inside systemd-analyze security --threshold=15 --no-pager "$unit.service" > "$work/security" ||
      fail "security: $(tail -n 1 "$work/security")"
    say "   $(tail -n 1 "$work/security" | sed 's/^[^A-Z]*//; s/ [^ ]*$//')"
  done
  pass 'systemd-analyze finds the units right and tight'
}

units_end_in_time() {
  inside systemctl restart mqtt-chat-api mqtt-chat-logger || fail restart
  inside journalctl -b --no-pager -o cat -u mqtt-chat-api -u mqtt-chat-logger | grep -q 'timed out\. Killing' &&
    fail 'a unit had to be killed'
  pass 'the units end when they are asked to'
}

# With --keep-unit nspawn ends where the system reboots, with the status of one that wants a restart.
survives_reboot() {
  local status
  inside systemctl reboot > /dev/null 2>&1
  expect 'the end of the first run' gone "$nspawn"
  wait "$nspawn"
  status=$?
  ((status == 133)) || fail "the system ended with $status instead of a reboot"
  boot fail
  expect 'the site' site_answers
  expect 'the chat' chat_answers
  expect 'the history' history_has 'first message'
  stored 'after the reboot'
  pass 'after a reboot the site and the chat are there, with the history'
}

upgrade_keeps_what_is_there() {
  local broker logger secret=$root/etc/mqtt-chat/logger.password before
  broker=$(main_pid mosquitto) logger=$(main_pid mqtt-chat-logger) before=$(sha256sum "$secret" "$root/etc/mqtt-chat/ports")
  inside dpkg -i /srv/mqtt-chat.deb > "$work/upgrade.log" 2>&1 || fail "upgrade: $(tail -n 5 "$work/upgrade.log")"
  restarted mqtt-chat-logger "$logger" || fail 'the logger is not the new one'
  [[ $(main_pid mosquitto) == "$broker" ]] || fail 'their broker was restarted'
  [[ $(sha256sum "$secret" "$root/etc/mqtt-chat/ports") == "$before" ]] || fail 'the password or the ports are others'
  ! grep 'by hand' "$work/upgrade.log" || fail 'it takes its own parts for changed ones'
  expect 'the logger' status_says 'storing what is sent'
  stored 'after the upgrade'
  pass 'an upgrade restarts the units, and keeps the password and the ports'
}

# What nginx would not take is not put in place.
broken_parts_are_refused() {
  local line
  echo 'limit_req_zone broken;' >> "$root/etc/mqtt-chat/nginx-limits.conf"
  if inside dpkg -i /srv/mqtt-chat.deb > "$work/upgrade.log" 2>&1; then fail 'it is not refused'; fi
  grep -q '^mqtt-chat: nginx does not take its configuration as it is' "$work/upgrade.log" || fail "$(cat "$work/upgrade.log")"
  sed -i '$d' "$root/etc/mqtt-chat/nginx-limits.conf"
  line='location = /mqtt { return 404; }'
  sed -i "/index index/a $line" "$root/etc/nginx/sites-enabled/site"
  sed -i '/snippets.mqtt-chat/d' "$root/etc/nginx/sites-enabled/site"
  sed -i "/index index/a include snippets/mqtt-chat.conf;" "$root/etc/nginx/sites-enabled/site"
  sed -i 's|^location = /mqtt|location = /other|' "$root/etc/nginx/snippets/mqtt-chat.conf"
  inside nginx -tq || fail 'the site as it was'
  if inside dpkg --configure -a && inside dpkg-reconfigure mqtt-chat; then fail 'it is not refused'; fi > "$work/upgrade.log" 2>&1
  grep -q '^mqtt-chat: nginx would not take its configuration with our parts' "$work/upgrade.log" || fail "$(cat "$work/upgrade.log")"
  inside nginx -tq || fail 'what nginx does not take was put in place'
  sed -i '/return 404; }/d' "$root/etc/nginx/sites-enabled/site"
  inside /usr/libexec/mqtt-chat/arrange > "$work/arrange.log" || fail arrange
  grep -q 'snippets/mqtt-chat.conf was changed by hand' "$work/arrange.log" || fail 'the edited snippet is not kept'
  rm "$root/etc/nginx/snippets/mqtt-chat.conf.old"
  inside dpkg --configure -a > "$work/upgrade.log" 2>&1 || fail "$(cat "$work/upgrade.log")"
  pass "parts that nginx would not take are refused, and the site's configuration stays as it is"
}

purged_with_its_line() {
  purge_package
  # shellcheck disable=SC2016
  grep -q '^mqtt-chat: take `include snippets/mqtt-chat.conf;` out of /etc/nginx/sites-enabled/site' \
    "$work/purge.log" || fail "purge does not tell of the line: $(cat "$work/purge.log")"
  inside nginx -tq || fail 'nginx would not start again'
  inside sed -i '/snippets.mqtt-chat.conf/d' /etc/nginx/sites-enabled/site
  rm "$root/etc/nginx/snippets/mqtt-chat.conf"
  inside systemctl restart nginx
  site_answers || fail 'the site, afterwards'
  broker_serves house/lamp || fail 'their broker is not what it was'
  pass 'purged with its line still there it leaves nginx able to start, and says what to delete'
}

# A purge leaves the history, which another installation finds.
tree_is_as_before() {
  tree "$work/after"
  diff "$work/before" "$work/after" > "$work/difference" ||
    fail "left behind: $(head -n 20 "$work/difference")"
  # With its -wal, where a reader was the last to close it.
  [[ $(cd "$root/var/lib/mqtt-chat" && echo *) =~ ^chat\.db( chat\.db-shm chat\.db-wal)?$ ]] ||
    fail 'more than the history is left'
  [[ $(stat -c %u:%a "$root/var/lib/mqtt-chat") == 0:700 ]] || fail 'the history is left to a number'
  pass 'the tree is what it was but for the history'
}

found_again_and_purged() {
  install_package
  expect 'the logger' status_says 'storing what is sent'
  inside sqlite3 -readonly /var/lib/mqtt-chat/chat.db "SELECT text FROM messages" |
    grep -q 'after the reboot' || fail 'the history is not found again'
  echo 'mqtt-chat mqtt-chat/purge-history boolean true' | inside debconf-set-selections
  purge_package
  [[ ! -e $root/var/lib/mqtt-chat ]] || fail 'the history is still there'
  tree "$work/after"
  diff "$work/before" "$work/after" > "$work/difference" ||
    fail "left behind: $(head -n 20 "$work/difference")"
  pass 'installed again it finds the history, and purges it where it is told to'
}

with_a_site() {
  expect 'the site' site_answers
  expect 'the broker' broker_serves house/lamp
  tree "$work/before"
  turned_on
  broker_is_waited_for
  database_is_waited_for
  units_come_back
  units_are_tight
  hang_logger
  sandbox_denies
  hung_logger_is_ended
  tokens_are_for_their_program_alone
  nobody_is_somebody_else
  units_end_in_time
  logger_sandbox_denies
  survives_reboot
  upgrade_keeps_what_is_there
  broken_parts_are_refused
  purged_with_its_line
  tree_is_as_before
  found_again_and_purged
}

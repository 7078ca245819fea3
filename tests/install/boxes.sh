# Sourced by nspawn.sh after steps.sh: boxes of several kinds, and what has to come of an installation there.
# shellcheck shell=bash disable=SC2154

# --- Boxes: one command for all

nothing_lost_while_the_logger_is_away() {
  local i
  inside systemctl stop mqtt-chat-logger
  for ((i = 1; i <= 1500; i++)); do echo "away $i"; done |
    inside mosquitto_pub -h localhost -p "$(port)" -q 1 -l -t chat/lab || fail 'publishing'
  inside systemctl start mqtt-chat-logger
  expect '1500 messages, each once' all_of 1500 away
  pass '1500 messages that were sent while the logger was away are all there, once'
}

letters_outside_ascii() {
  local i json='{"nickname":"Zoë","text":"Grüße 😀","msgId":"m1"}'
  inside timeout 20 mosquitto_sub -h localhost -p "$(port)" -t chat/lab/stored -C 3 > "$work/receipts" 2>&1 &
  sleep 1
  for i in 1 2 3; do inside mosquitto_pub -h localhost -p "$(port)" -q 1 -t chat/lab -m "$json" || fail "sent $i"; done
  wait $! || fail "no three receipts: $(cat "$work/receipts")"
  [[ $(grep -c '"msgId":"m1"' "$work/receipts") == 3 ]] || fail "receipts: $(cat "$work/receipts")"
  [[ $(rows "nickname || ': ' || text" "msg_id = 'm1'") == 'Zoë: Grüße 😀' ]] || fail "$(rows '*' "room = 'lab'" | tail -n 3)"
  pass 'JSON with letters outside ASCII, sent three times, is one row with its receipt'
}

theirs_is_enabled_later() {
  inside systemctl enable --now mosquitto 2> /dev/null
  expect 'it gives up' eval "[[ \$(inside systemctl is-failed mosquitto) == failed ]]"
  publish 'theirs was enabled' && expect 'the chat goes on' is_stored 'theirs was enabled'
  inside systemctl restart mqtt-chat-broker || fail 'our broker does not start beside it'
  publish 'ours started again' && expect 'the chat goes on' is_stored 'ours started again'
  inside systemctl disable --now mosquitto 2> /dev/null
  inside systemctl reset-failed mosquitto 2> /dev/null
  pass 'a mosquitto.service that is enabled later takes nothing from the chat'
}

mosquitto_is_updated() {
  local before
  before=$(main_pid mqtt-chat-broker)
  inside apt-get install -q -y --reinstall mosquitto > "$work/reinstall.log" 2>&1 ||
    fail "reinstalling mosquitto: $(tail -n 3 "$work/reinstall.log")"
  expect 'our broker starts again' restarted mqtt-chat-broker "$before"
  ! active mosquitto || fail 'mosquitto.service was started'
  publish 'after the update' && expect 'the chat goes on' is_stored 'after the update'
  pass 'an update of mosquitto starts our broker again, and not another one'
}

removed_and_back() {
  inside apt-get remove -q -y mqtt-chat > "$work/remove.log" 2>&1 || fail 'remove'
  grep -q "^mqtt-chat: its broker is gone. For Debian's own" "$work/remove.log" || fail 'nothing is said on removal'
  inside systemctl restart nginx || fail 'nginx does not start'
  install_package
  expect 'the chat' chat_answers
  inside apt-get purge -q -y mqtt-chat > "$work/purge.log" 2>&1 || fail 'purge'
  inside systemctl restart nginx || fail 'nginx does not start after the purge'
  install_package
  expect 'the chat' chat_answers
  is_stored 'after the update' || fail 'the history is not found again'
  pass 'removed, purged with the line still there, installed again: the chat and its history are back'
}

# Its broker is a program like any other.
quickstart_first() {
  inside apt-get purge -q -y mqtt-chat > /dev/null 2>&1
  inside systemd-run -q --unit=quickstart mosquitto -p 1883
  expect 'a program on 1883' eval "inside ss -ltnH 'sport = :1883' | grep -q LISTEN"
  install_package
  told 'another broker has port 1883, so devices reach the chat on port 1885'
  publish 'beside quickstart' && expect 'the chat' is_stored 'beside quickstart'
  inside systemctl stop quickstart
  pass 'where a program that is no service has 1883, as quickstart does, the chat takes another port'
}

a_preset_that_disables_all() {
  inside apt-get purge -q -y mqtt-chat > /dev/null 2>&1
  mkdir -p "$root/etc/systemd/system-preset"
  echo 'disable *' > "$root/etc/systemd/system-preset/00-local.preset"
  install_package
  ! enabled mqtt-chat-logger || fail 'it is enabled against the preset'
  told 'enable --now mqtt-chat-broker mqtt-chat-logger mqtt-chat-api mqtt-chat-token'
  inside systemctl enable --now mqtt-chat-broker mqtt-chat-logger mqtt-chat-api mqtt-chat-token 2> /dev/null || fail 'enable --now'
  publish 'by hand' && expect 'the chat' is_stored 'by hand'
  pass "with an administrator's preset that disables all, the installation says how to turn the chat on"
}

one_command() {
  install_package
  [[ $(port) == 1883 ]] || fail "the port is $(port)"
  if active mosquitto || enabled mosquitto; then fail 'mosquitto.service runs, or is enabled'; fi
  told 'no server block includes the chat'
  expect 'ready' status_says 'storing what is sent'
  put_line default
  inside mosquitto_pub -h localhost -p 1883 -t chat/messages \
    -m '{"nickname":"Tester","text":"Hello from terminal","clientId":"cli-001"}' || fail 'mosquitto_pub'
  expect 'the message' history_has 'Hello from terminal'
  # shellcheck disable=SC2016
  [[ $(inside mqtt-chat --version) == *" $(inside dpkg-query -Wf '${Version}' mqtt-chat))" ]] ||
    fail "the version is another: $(inside mqtt-chat --version)"
  pass 'one command, one line in a site: the original mosquitto_pub on 1883 is a message'
  nothing_lost_while_the_logger_is_away
  letters_outside_ascii
  theirs_is_enabled_later
  mosquitto_is_updated
  removed_and_back
  quickstart_first
  a_preset_that_disables_all
}

# --- Installed where nothing may be started, and booted afterwards

before_no_policy() {
  printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  in_root "$root" apt-get install -q -y --no-install-recommends /srv/mqtt-chat.deb \
    > "$work/install.log" 2>&1 || fail "the installation: $(tail -n 5 "$work/install.log")"
  rm "$root/usr/sbin/policy-rc.d"
}

no_policy() {
  expect 'the logger' status_says 'storing what is sent'
  [[ $(port) == 1883 ]] || fail "the port is $(port)"
  ! active mosquitto || fail 'mosquitto.service runs'
  publish 'first boot' && expect 'the message' is_stored 'first boot'
  pass 'installed where policy-rc.d forbids to start anything, the first boot starts the chat'
}

# --- A broker in use, with passwords of its own

readonly theirs='-h localhost -p 1883 -u house -P secret'
before_beside_a_broker() {
  cat > "$root/etc/mosquitto/conf.d/own.conf" << 'END'
listener 1883
allow_anonymous false
password_file /etc/mosquitto/passwords
END
  in_root "$root" mosquitto_passwd -b -c /etc/mosquitto/passwords house secret
  in_root "$root" chown mosquitto: /etc/mosquitto/passwords
}

ask_theirs() { # sub|pub OPTION...
  local program=mosquitto_$1
  shift
  # shellcheck disable=SC2086
  inside timeout 20 "$program" $theirs "$@"
}

bridged() { # TEXT: a device of the other broker says it, and hears its receipt
  ask_theirs sub -t chat/lab/stored -q 1 -C 1 > "$work/receipt" 2>&1 &
  local sub=$!
  sleep 1
  ask_theirs pub -t chat/lab -q 1 -m "{\"nickname\":\"house\",\"text\":\"$1\",\"msgId\":\"$1\"}"
  wait "$sub" && grep -q "\"msgId\":\"$1\"" "$work/receipt" && is_stored "$1"
}

no_receipt_is_forged() { # a true one comes by, so the listener listens
  inside mosquitto_sub -h localhost -p "$(port)" -t chat/lab/stored -W 4 > "$work/heard" 2>&1 &
  local sub=$!
  sleep 1
  ask_theirs pub -q 1 -t chat/lab/stored -m '[{"msgId":"forged"}]'
  expect 'a device of theirs posts' bridged 'after the forged one'
  wait "$sub"
  grep -q 'after the forged one' "$work/heard" || fail "no receipt at ours: $(cat "$work/heard")"
  ! grep -q forged\" "$work/heard" || fail 'a receipt was forged over the bridge'
}

beside_a_broker() {
  local pid i
  ask_theirs sub -c -i keeper -q 1 -t 'house/#' -E || fail 'a persistent client'
  for ((i = 1; i <= 100; i++)); do echo "$i"; done | ask_theirs pub -q 1 -l -t house/lamp || fail 'publishing'
  # shellcheck disable=SC2016,SC2086
  inside systemd-run -q --unit=publisher sh -c \
    'while :; do echo on; sleep 0.05; done | mosquitto_pub -l -q 1 -t house/door '"$theirs"
  pid=$(main_pid mosquitto)
  install_package
  told 'another broker has port 1883, so devices reach the chat on port 1885'
  told 'cp /etc/mqtt-chat/bridge.conf /etc/mosquitto/conf.d/'
  expect 'ready' status_says 'storing what is sent'
  publish 'beside theirs' && expect 'the chat works' is_stored 'beside theirs'
  [[ $(main_pid mosquitto) == "$pid" ]] || fail 'their broker was started again'
  active publisher || fail 'their publisher was cut off'
  inside journalctl -b -u publisher --no-pager | grep -qiE 'error|lost|refused' && fail 'their publisher noticed'
  inside systemctl stop publisher
  [[ $(ask_theirs sub -c -i keeper -q 1 -t 'house/lamp' -C 100 | sort -n | uniq | wc -l) == 100 ]] ||
    fail 'their client did not get its 100'
  pass 'beside a broker in use: its 100 queued messages, its publisher and its process are untouched'
  inside cp /etc/mqtt-chat/bridge.conf /etc/mosquitto/conf.d/
  inside systemctl restart mosquitto
  expect 'a device of theirs posts' bridged 'over the bridge'
  inside systemctl restart mqtt-chat-broker
  expect 'and when ours was restarted' bridged 'ours was restarted'
  inside systemctl restart mosquitto
  expect 'and when theirs was restarted' bridged 'theirs was restarted'
  no_receipt_is_forged
  pass "over the bridge a device of theirs posts and sees receipts, whichever broker was restarted"
}

# --- An upgrade from 0.1, with an edited part of nginx and a queue

watch_site() { # until the file is gone
  while [[ -e $work/watched ]]; do
    site_answers || echo 'no answer' >> "$work/missed"
    sleep 0.05
  done
}

upgraded() {
  local i watcher
  cp "$work/old.deb" "$root/srv/old.deb"
  install_package /srv/old.deb
  put_line site
  publish_old() { inside mosquitto_pub -h localhost -q 1 -t chat/messages "$@"; }
  publish_old -m 'said in 0.1'
  expect 'the message' history_has 'said in 0.1'
  sed -i 's/rate=100r/rate=90r/' "$root/etc/nginx/conf.d/mqtt-chat.conf"
  inside mosquitto_sub -c -i device -q 1 -t chat/lab -E || fail 'a session'
  inside systemctl stop mqtt-chat-logger
  for ((i = 1; i <= 1500; i++)); do echo "queued $i"; done | publish_old -l || fail 'publishing'
  rm -f "$work/missed"
  touch "$work/watched"
  watch_site &
  watcher=$!
  install_package
  inside nginx -tq || fail 'nginx -t'
  inside systemctl restart nginx || fail 'nginx does not start again'
  expect 'the chat' chat_answers
  rm "$work/watched"
  wait "$watcher"
  # A restart of nginx alone leaves a gap; nothing else may.
  [[ $(wc -l < "$work/missed" 2> /dev/null || echo 0) -le 2 ]] || fail "the site did not answer $(wc -l < "$work/missed") times"
  inside systemctl start mqtt-chat-logger
  expect 'what was queued, once' all_of 1500 queued
  is_stored 'said in 0.1' || fail 'the history'
  grep -q rate=90r "$root/etc/nginx/conf.d/mqtt-chat.conf.old" || fail 'the edited part is not kept'
  told 'conf.d/mqtt-chat.conf was changed by hand'
  [[ ! -e $root/etc/mosquitto/conf.d/mqtt-chat.conf && ! -L $root/etc/mosquitto/conf.d/mqtt-chat.conf ]] || fail 'the link is there'
  if active mosquitto || enabled mosquitto; then fail 'mosquitto.service runs, or is enabled'; fi
  [[ $(port) == 1883 ]] || fail "the port is $(port)"
  inside mosquitto_pub -h localhost -p 1883 -q 1 -t chat/lab -m 'for the device' || fail 'publish'
  [[ $(inside timeout 10 mosquitto_sub -h localhost -c -i device -q 1 -t chat/lab -C 1) == 'for the device' ]] || fail 'the session is gone'
  pass 'an upgrade from 0.1 with an edited part of nginx: the site answers, history, queue and sessions go on'
}

upgraded_beside() {
  # As 0.1 wants it: the switch at the top, listeners in a file that comes after its part.
  sed -i '1i per_listener_settings true' "$root/etc/mosquitto/mosquitto.conf"
  printf 'listener 1990 127.0.0.1\nallow_anonymous true\n' > "$root/etc/mosquitto/conf.d/own.conf"
  inside systemctl restart mosquitto
  cp "$work/old.deb" "$root/srv/old.deb"
  install_package /srv/old.deb
  put_line site
  inside mosquitto_pub -h localhost -q 1 -t chat/messages -m 'said in 0.1'
  expect 'the message' history_has 'said in 0.1'
  inside mosquitto_sub -h localhost -p 1990 -c -i keeper -q 1 -t house/lamp -E
  inside mosquitto_pub -h localhost -p 1990 -q 1 -t house/lamp -m kept
  install_package
  active mosquitto || fail 'their broker does not run'
  [[ $(inside timeout 10 mosquitto_sub -h localhost -p 1990 -c -i keeper -q 1 -t house/lamp -C 1) == kept ]] ||
    fail 'their session is gone'
  expect 'ready' status_says 'storing what is sent'
  publish 'said in 0.2' && expect 'the message' history_has 'said in 0.2'
  pass 'an upgrade from 0.1 beside listeners of theirs: theirs go on without ours, the chat has its own'
}

#!/bin/bash
# compose.yaml for real: the broker alone serves a logger on this machine, the whole stack serves the
# page and keeps its history. Not part of `make check`: it wants root, docker.io and docker-compose, and
# takes minutes. It uses a Docker daemon of its own, and no registry: the base image is a root made
# by debootstrap, kept in BUILD/compose/slim. Cannot it run, it says why and ends with 77.
#
# MQTT_CHAT_BUILD   the build folder (default: build, beside the sources)
# MQTT_CHAT_MIRROR  where debootstrap gets its packages from
# COMPOSE           the command (default: docker-compose; or "docker compose")
set -u
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
build=$(cd "${MQTT_CHAT_BUILD:-$top/build}" && pwd -P) || exit
readonly top build work=$build/compose
# shellcheck disable=SC2034
readonly patience=180
read -ra compose <<< "${COMPOSE:-docker-compose}"
# shellcheck disable=SC1091
. "$top/tests/install/steps.sh"

free_port() {
  local port
  until [[ ${port-} && ! $(ss -ltnH "sport = :$port") ]]; do port=$((20000 + RANDOM % 12000)); done
  echo "$port"
}

export DOCKER_HOST=unix://$work/docker.sock COMPOSE_PROJECT_NAME=mqtt-chat-test
PORT=$(free_port) MQTT_PORT=$(free_port) WS_PORT=$(free_port)
export PORT MQTT_PORT WS_PORT
dockerd='' logger=''

in_project() { (cd "$work/context/mqtt-chat" && "${compose[@]}" "$@") >> "$work/compose.log" 2>&1; }
container() { docker ps -q -f "label=com.docker.compose.service=$1"; }
in_container() { # SERVICE COMMAND...
  local id
  id=$(container "$1")
  shift
  docker exec "$id" "$@" 2>> "$work/compose.log"
}

check_tools() {
  local tool
  ((EUID == 0)) || skip 'only root can start a Docker daemon'
  for tool in debootstrap ss dockerd docker "${compose[0]}" mosquitto_pub sqlite3 curl; do
    command -v "$tool" > /dev/null || skip "$tool is not installed"
  done
}

start_dockerd() {
  dockerd --data-root "$work/data" --exec-root "$work/exec" --pidfile "$work/pid" \
    -H "$DOCKER_HOST" > "$work/dockerd.log" 2>&1 &
  dockerd=$!
  trap end EXIT
  wait_for 'dockerd' docker version > /dev/null 2>&1 ||
    skip "dockerd does not start: $(tail -n 1 "$work/dockerd.log")"
}

end() {
  [[ ! $logger ]] || kill "$logger" 2> /dev/null
  in_project --profile stack down --volumes
  kill "$dockerd" 2> /dev/null && wait "$dockerd"
}

make_image() {
  if [[ ! -e $work/slim.tar ]]; then
    say 'making the base image'
    rm -rf "$work/slim"
    debootstrap --variant=minbase bookworm "$work/slim" \
      ${MQTT_CHAT_MIRROR:+"$MQTT_CHAT_MIRROR"} > "$work/debootstrap.log" 2>&1 ||
      skip "debootstrap failed: $(tail -n 1 "$work/debootstrap.log")"
    tar -C "$work/slim" -cf "$work/slim.tar.part" . && mv "$work/slim.tar.part" "$work/slim.tar"
    rm -rf "$work/slim"
  fi
  docker image inspect debian:bookworm-slim > /dev/null 2>&1 ||
    docker import "$work/slim.tar" debian:bookworm-slim > /dev/null || fail 'docker import'
  make -s -C "$build" dist distdir=mqtt-chat > "$work/dist.log" 2>&1 || fail "make dist: $(tail -n 1 "$work/dist.log")"
  rm -rf "$work/context"
  mkdir "$work/context"
  tar xf "$build/mqtt-chat.tar.gz" -C "$work/context" || fail 'no release'
  rm "$build/mqtt-chat.tar.gz"
  in_project build broker || fail "the image is not built: $(tail -n 3 "$work/compose.log")"
  pass 'the image is built from a release'
}

healthy() { [[ $(docker inspect -f '{{.State.Health.Status}}' "$(container "$1")" 2> /dev/null) == healthy ]]; }
host_history_has() { sqlite3 -readonly "$work/host.db" 'SELECT text FROM messages' 2> /dev/null | grep -qx "$1"; }
history_has() { curl -sf "http://127.0.0.1:$PORT/api/messages?limit=100" | grep -q "\"$1\""; }
say_in_chat() {
  mosquitto_pub -h localhost -p "$MQTT_PORT" -t chat/messages \
    -m "{\"nickname\":\"Tester\",\"text\":\"$1\",\"clientId\":\"cli-001\"}"
}

loopback_alone() { # PORT...
  local port
  for port in "$@"; do
    ss -ltnH "sport = :$port" | grep -q 127.0.0.1 || fail "nothing listens on 127.0.0.1:$port"
    ! ss -ltnH "sport = :$port" | grep -qv '127\.0\.0\.1:' || fail "port $port is open to others"
  done
}

broker_alone() {
  in_project up -d || fail "up: $(tail -n 3 "$work/compose.log")"
  expect 'a healthy broker' healthy broker
  [[ $(docker ps -q | wc -l) == 1 ]] || fail 'more than the broker runs'
  loopback_alone "$MQTT_PORT" "$WS_PORT"
  rm -f "$work"/host.db*
  in_container broker cat /var/lib/mqtt-chat-secrets/logger.password > "$work/password"
  "$build/src/mqtt-chat-logger" --database "$work/host.db" --broker 127.0.0.1 --port "$MQTT_PORT" --username logger \
    --password-file "$work/password" 2> "$work/logger.log" &
  logger=$!
  expect 'a logger on this machine' grep -q 'ready:' "$work/logger.log"
  say_in_chat 'Hello from terminal' || fail 'mosquitto_pub'
  expect 'the message in its history' host_history_has 'Hello from terminal'
  kill "$logger" && wait "$logger"
  logger=''
  in_project down || fail down
  pass 'the broker alone serves mosquitto_pub and a logger on this machine'
}

upgrade_status() {
  curl -s -o /dev/null -w '%{http_code}' --max-time 3 -H 'Connection: Upgrade' -H 'Upgrade: websocket' \
    -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' \
    -H 'Sec-WebSocket-Protocol: mqtt' -H "Origin: $1" "http://127.0.0.1:$PORT/mqtt"
}

whole_stack() {
  in_project --profile stack up -d || fail "up: $(tail -n 3 "$work/compose.log")"
  expect 'a healthy chat' healthy web
  loopback_alone "$PORT" "$MQTT_PORT"
  curl -sf "http://127.0.0.1:$PORT/chat/" | grep -qi '<title>.*chat' || fail 'the page'
  [[ $(upgrade_status "http://127.0.0.1:$PORT") == 101 ]] || fail 'the WebSocket'
  [[ $(upgrade_status http://elsewhere.example) == 403 ]] || fail 'a foreign page is let in'
  say_in_chat 'kept over down and up'
  expect 'the message is stored' history_has 'kept over down and up'
  pass 'the whole stack serves the page, the WebSocket and the history'
}

contained() {
  local part
  for part in broker logger api web; do
    [[ $(in_container "$part" id -u) != 0 ]] || fail "$part runs as root"
    ! in_container "$part" touch /etc/probe || fail "$part can write its root"
  done
  in_container api sqlite3 -readonly /var/lib/mqtt-chat/chat.db 'SELECT count(*) FROM messages' > /dev/null ||
    fail 'the API cannot read the history'
  ! in_container api sqlite3 /var/lib/mqtt-chat/chat.db 'DELETE FROM messages' || fail 'the API can write'
  ! in_container api cat /var/lib/mqtt-chat/chat.db.client-id > /dev/null || fail 'the API knows the session'
  ! in_container web ls /var/lib/mqtt-chat/chat.db > /dev/null || fail 'nginx sees the history'
  pass 'no part is root or can write its root; the API can read the history alone'
}

kept() {
  local killed
  in_project --profile stack down || fail down
  in_project --profile stack up -d || fail "up: $(tail -n 3 "$work/compose.log")"
  expect 'a healthy chat' healthy web
  history_has 'kept over down and up' || fail 'the history is gone'
  say_in_chat 'and goes on'
  expect 'the next message' history_has 'and goes on'
  killed=$(container broker)
  docker kill "$killed" > /dev/null && docker start "$killed" > /dev/null
  expect 'the broker again' healthy broker
  say_in_chat 'after the broker'
  expect 'a message after the broker was killed' history_has 'after the broker'
  expect 'the WebSocket after the broker was killed' eval "[[ \$(upgrade_status http://127.0.0.1:$PORT) == 101 ]]"
  pass 'the history is kept over down and up, and the parts find a broker again that was killed'
}

mkdir -p "$work"
: > "$work/compose.log"
check_tools
start_dockerd
make_image
broker_alone
whole_stack
contained
kept
say "all passed in $SECONDS s"

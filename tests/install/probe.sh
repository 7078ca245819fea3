#!/bin/bash
# Runs in the place of one of our programs, in its unit, and tells what it can do there.
tell() { # NAME COMMAND...
  local name=$1 problem
  shift
  if problem=$("$@" 2>&1 > /dev/null); then echo "probe: $name yes"; else echo "probe: $name no: $problem"; fi
}

connect() { : 3<> /dev/tcp/127.0.0.1/1885; }
write_etc() { : > /etc/mqtt-chat.probe; }
see_processes() { [[ $(echo /proc/[0-9]*/cmdline) == *' /proc/1/cmdline'* || -e /proc/1/cmdline ]]; }

tell read-history sqlite3 -readonly /var/lib/mqtt-chat/chat.db 'SELECT count(*) FROM messages'
tell write-history sqlite3 /var/lib/mqtt-chat/chat.db \
  "BEGIN IMMEDIATE; UPDATE messages SET text = 'changed'; ROLLBACK"
tell read-password cat /etc/mqtt-chat/logger.password
tell read-identity cat /var/lib/mqtt-chat/chat.db.client-id
tell read-token-key cat /etc/mqtt-chat/token.key
tell reach-tokens test -w /run/mqtt-chat-token/socket
tell open-network connect
tell write-etc write_etc
tell see-processes see_processes

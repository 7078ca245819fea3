#!/bin/sh
# How many instructions the logger takes for 10,000 messages, and the API for 10,000 pages of four
# kinds: fails where one takes over 10 % more than instructions.txt says. With --record it is written
# there.
here=$(dirname "$0")
record=$here/instructions.txt program=tests/bench/instructions

say() { # on the terminal, too, where the harness of automake leaves one open for it
  echo "$*"
  { echo "$*" >&9; } 2> /dev/null || :
}
skip() { echo "skipped: $*"; exit 77; }
die() { say "instructions: $*"; exit 1; }

[ "${MQTT_CHAT_SANITIZERS-no}" != yes ] || skip 'the sanitizers count as well'
command -v valgrind > /dev/null || skip 'valgrind is missing (apt-get install valgrind)'
made_with=$($program --made-with) || die "$program is not built"
recorded_with=$(sed -n 's/^# with //p' "$record")
if [ "${1-}" != --record ] && [ "$made_with" != "$recorded_with" ]; then
  skip "the record is of another system: $recorded_with; this one has $made_with"
fi

folder=$(mktemp -d) || exit
trap 'rm -rf "$folder"' EXIT

count() { # WORK: sets $count
  valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no \
    --toggle-collect=counted $program "$folder/db" "$1" > "$folder/log" 2>&1 ||
    die "$1 failed: $(tail -n 1 "$folder/log")"
  count=$(sed -n 's/^==.*== Collected : //p' "$folder/log")
  [ "${count:-0}" -gt 0 ] || die "$1: valgrind gave no count"
}

compare() { # WORK: $count with the record
  old=$(sed -n "s/^$1 //p" "$record")
  [ -n "$old" ] || die "$1 has no record; write it: make instructions-record"
  permille=$((count * 1000 / old))
  echo "$1: $count, recorded $old"
  if [ $permille -gt 1100 ]; then
    say "instructions: $1 takes $count, which is $((permille / 10 - 100)) % more than recorded" \
      "($old): make it cheaper, or commit what it costs with it: make instructions-record"
    worse=yes
  elif [ $permille -lt 900 ]; then
    say "instructions: $1 takes $count, and $old are recorded: lower it: make instructions-record"
  fi
}

worse='' lines=''
for work in $($program); do
  count "$work"
  if [ "${1-}" = --record ]; then
    lines="$lines$work $count
"
  else
    compare "$work"
  fi
done
if [ "${1-}" = --record ]; then
  printf '%s\n' '# Written by make instructions-record, see instructions.sh. What they were counted with:' \
    "# with $made_with" > "$folder/record"
  printf '%s' "$lines" >> "$folder/record"
  cat "$folder/record" > "$record"
  cat "$record"
fi
[ -z "$worse" ]

#!/bin/sh
# Replays the fuzzers' corpora: what every input has to come to stands in each fuzzer.
for target in message params; do
  "tests/fuzz/fuzz_$target" "$(dirname "$0")/$target"/* || exit
done

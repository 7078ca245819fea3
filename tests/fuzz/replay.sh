#!/bin/sh
# Replays the fuzzers' corpora: what each target holds stands at its top.
set -e
for target in guard message params search token; do
  tests/fuzz/fuzz_$target "$(dirname "$0")/$target"/*
done

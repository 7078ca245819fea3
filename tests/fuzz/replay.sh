#!/bin/sh
# Replays the fuzzer's corpus: every input is a message within its limits, or a named fault.
exec tests/fuzz/fuzz_message "$(dirname "$0")"/message/*

#!/bin/sh
# A short round of the faults for `make check`; `make faults` is the long one.
skip() { echo "skipped: $*"; exit 77; }
here=$(dirname "$0")
[ "${MQTT_CHAT_SANITIZERS-no}" != yes ] || skip 'the sanitizers do not let the shim in'
command -v node > /dev/null || skip 'Node.js is missing (apt-get install nodejs npm)'
(cd "$here" && node -e 'require.resolve("mqtt")') 2> /dev/null ||
  skip 'the npm packages of the tests are missing (npm ci --ignore-scripts)'
SEEDS=3 exec node "$here/run.js" --short

#!/bin/bash
# What we read from libmosquitto's log, the DUP flag, and what json-c makes of payloads, against the newest
# there is: builds a release on Debian sid, in a root made by debootstrap, and runs all unit tests there.
#
# MQTT_CHAT_BUILD   the build folder (default: build, beside the sources)
# MQTT_CHAT_MIRROR  where debootstrap gets its packages from
set -u
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
build=$(cd "${MQTT_CHAT_BUILD:-$top/build}" && pwd -P) || exit
readonly top build work=$build/install root=$build/install/newest
readonly packages=gcc,libc6-dev,make,pkgconf,libcmocka-dev,libmosquitto-dev,libsqlite3-dev,libssl-dev,libjson-c-dev,libutf8proc-dev,libfcgi-dev,mosquitto

fail() { echo "newest: $*" >&2; exit 1; }

((EUID == 0)) || fail 'only root can make a root folder'
mkdir -p "$work"
if [[ ! -e $root/.complete ]]; then
  rm -rf "$root"
  debootstrap --variant=minbase --include="$packages" sid "$root" ${MQTT_CHAT_MIRROR:+"$MQTT_CHAT_MIRROR"} \
    > "$work/newest.log" 2>&1 || fail "debootstrap: $(tail -n 1 "$work/newest.log")"
  touch "$root/.complete"
fi
rm -rf "$root/src"
mkdir "$root/src"
make -s -C "$build" dist distdir=mqtt-chat || fail 'there is no release'
tar xf "$build/mqtt-chat.tar.gz" -C "$root/src" && rm "$build/mqtt-chat.tar.gz"
mount --bind /proc "$root/proc" || fail 'no /proc there' # the tests look into it
trap 'umount "$root/proc"' EXIT
# shellcheck disable=SC2016 # make's variables
chroot "$root" sh -c 'cd /src/mqtt-chat && dpkg-query -W libmosquitto1 mosquitto "libjson-c*" libsqlite3-0 &&
  ./configure -q && make -s -j2 && make -s -j2 check check_DATA= TESTS="\$(unit_tests) \$(broker_tests)"'

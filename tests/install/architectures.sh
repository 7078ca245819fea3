#!/bin/bash
# The unit tests on other architectures: builds a release on each, in a root made by debootstrap, and runs
# them there. qemu-user (Debian: qemu-user-static) runs what this machine's kernel does not. Prints a line
# for each: how many passed. A compiler's warning is a failure.
#
# ARCHITECTURES     which (default: i386 armhf arm64 s390x)
# SUITE             Debian's release (default: bookworm)
# MQTT_CHAT_BUILD   the build folder (default: build, beside the sources)
# MQTT_CHAT_MIRROR  where debootstrap gets its packages from
set -u
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
build=$(cd "${MQTT_CHAT_BUILD:-$top/build}" && pwd -P) || exit
readonly top build work=$build/install suite=${SUITE:-bookworm} binfmt=/proc/sys/fs/binfmt_misc
readonly packages=gcc,libc6-dev,make,pkgconf,libcmocka-dev,libmosquitto-dev,libsqlite3-dev,libssl-dev,libjson-c-dev,libutf8proc-dev,libfcgi-dev
read -ra architectures <<< "${ARCHITECTURES:-i386 armhf arm64 s390x}"
registered=() failed=''

say() { echo "architectures: $*"; }
fail() { say "$@" >&2; exit 1; }

qemu_name() {
  case $1 in
    armhf) echo arm ;;
    arm64) echo aarch64 ;;
    ppc64el) echo ppc64le ;;
    *) echo "$1" ;;
  esac
}

# On an amd64 machine Debian takes it for granted that the kernel runs i386; not every kernel does.
readonly i386_rule=':qemu-i386:M::\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x03\x00:\xff\xff\xff\xff\xff\xfe\xfe\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-i386-static:F'

# Tells the kernel of qemu, as systemd-binfmt does at boot where there is systemd.
register_qemu() { # ARCHITECTURE
  local name rule
  name=$(qemu_name "$1")
  rule=$(cat "/usr/lib/binfmt.d/qemu-$name.conf" 2> /dev/null)
  [[ $name != i386 ]] || rule=$i386_rule
  [[ $rule ]] || { echo "this machine does not run $1, and has no qemu-user-static"; return 1; }
  [[ -e $binfmt/register ]] || mount -t binfmt_misc none "$binfmt" || return
  printf '%s' "$rule" > "$binfmt/register" && registered+=("qemu-$name")
}

# shellcheck disable=SC2317 # called by the trap
unregister_all() {
  local name
  for name in "${registered[@]}"; do echo -1 > "$binfmt/$name"; done
}

inside() { # ROOT COMMAND...
  # shellcheck disable=SC2016 # the inner shell's variables
  unshare --mount --pid --fork sh -c 'mount -t proc proc "$1/proc" && exec chroot "$@"' sh "$@"
}

make_root() { # ARCHITECTURE ROOT
  if [[ ! -e $2/.unpacked ]]; then
    rm -rf "$2"
    debootstrap --foreign --arch="$1" --variant=minbase --include="$packages" "$suite" "$2" \
      ${MQTT_CHAT_MIRROR:+"$MQTT_CHAT_MIRROR"} || return
    touch "$2/.unpacked"
  fi
  chroot "$2" /bin/true 2> /dev/null || register_qemu "$1" || return
  if [[ ! -e $2/.complete ]]; then
    inside "$2" /debootstrap/debootstrap --second-stage || return
    touch "$2/.complete"
  fi
}

unpack_release() { # ROOT
  rm -rf "$1/src"
  mkdir "$1/src" && tar xf "$build/mqtt-chat.tar.gz" -C "$1/src"
}

test_on() { # ARCHITECTURE
  local root=$work/$suite-$1 log=$work/$suite-$1.log passed total
  # shellcheck disable=SC2016 # make's variable
  { make_root "$1" "$root" && unpack_release "$root" &&
    inside "$root" sh -c 'cd /src/mqtt-chat && ./configure -q --enable-werror && make -s -j"$(nproc)" &&
      make -s -k -j"$(nproc)" check check_PROGRAMS='\''$(unit_tests)'\'' check_DATA= TESTS='\''$(unit_tests)'\'; } \
    > "$log" 2>&1 || failed=yes
  passed=$(sed -n 's/^# PASS: *//p' "$log") total=$(sed -n 's/^# TOTAL: *//p' "$log")
  if [[ $total ]]; then
    say "$1, $suite: $passed of $total unit tests"
    grep '^\(FAIL\|ERROR\): ' "$log"
  else
    say "$1, $suite: did not build: $(tail -n 1 "$log") (log: $log)"
  fi
}

((EUID == 0)) || fail 'only root can make a root folder'
command -v debootstrap > /dev/null || fail 'debootstrap is not installed'
mkdir -p "$work"
make -s -C "$build" dist distdir=mqtt-chat || fail 'there is no release'
trap unregister_all EXIT
for architecture in "${architectures[@]}"; do test_on "$architecture"; done
rm "$build/mqtt-chat.tar.gz"
[[ ! $failed ]]

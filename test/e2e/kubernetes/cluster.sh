#!/bin/sh
# cluster.sh: a cluster for as long as stdin is open. Waits for its turn, clears what a killed run left, starts the
# cluster, prints "ready", and takes it down at the end of stdin: also when the reader of "ready" died.
set -eu
cd "$(dirname "$0")"
. ./environment.sh
mkdir -p "$run"
exec 9>"$run.lock"
flock 9
finish() {
  status=$?
  if [ $status != 0 ]; then tail -n 5 "$run"/*.log >&2 || true; fi
  sh ./down.sh
}
trap finish EXIT
trap 'exit 130' HUP INT TERM
sh ./down.sh
sh ./up.sh
echo ready
cat >/dev/null

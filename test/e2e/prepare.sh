#!/bin/sh
# Builds the servers of the e2e tests, each once, into a cache outside the checkout: Kubernetes, the OpenTelemetry
# Collector, the peer of the policy evaluator, Elasticsearch. One after the other, since each takes all cores. Says what it
# does on stderr.
# deploy/setup.sh e2e calls it.
set -eu
cd "$(dirname "$0")"
exec >&2
# The checkout's node; where Go's own installation puts go; and where administrators' tools are (ldconfig).
PATH="$(realpath ../..)/node_modules/.bin:$PATH:/usr/local/go/bin:/usr/sbin:/sbin"
export PATH
oldest_go=26

say() {
  echo "setup: $*"
}

# On a machine that only tests, a step that cannot be done is a failure; elsewhere its tests are skipped.
go_on_without() {
  say "$*"
  [ "${CI:-}" = true ] && exit 1
  return 0
}

lacks_go() {
  minor=$(go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
  [ "${minor:-0}" -lt $oldest_go ]
}

# build NAME PROGRAM MINUTES
build() {
  folder=$(sh cached.sh "$1")
  [ -x "$folder/$2" ] && return
  if lacks_go; then
    go_on_without "no Go 1.$oldest_go or newer: the tests that need $1 are skipped"
    return
  fi
  say "building $1 into $folder, up to $3 minutes where Go's own cache is empty"
  mkdir -p "$folder"
  begin=$(date +%s)
  # A build that is broken off leaves nothing that looks whole.
  if nice sh "$1/build.sh" "$folder/$2.new" </dev/null && mv "$folder/$2.new" "$folder/$2"; then
    say "built $1 in $(($(date +%s) - begin)) s"
  else
    go_on_without "$1 could not be built: its tests are skipped"
  fi
}

cache=$(dirname "$(sh cached.sh kubernetes)")
mkdir -p "$cache"
exec 9>"$cache/lock"
if command -v flock >/dev/null; then flock 9; fi
if [ "$(id -u)" != 0 ]; then
  go_on_without 'not root: the tests that need Kubernetes are skipped'
elif [ ! -d /sys/fs/cgroup/memory ]; then
  go_on_without 'no cgroup v1: the tests that need Kubernetes are skipped'
else
  build kubernetes cluster 12
fi
build collector collector 8
build policy-peer policy-peer 4

say 'looking for Elasticsearch, assembled in half a minute where it is not there yet'
node --input-type=module </dev/null --eval "
  import { installElasticsearch } from './elasticsearch/install-elasticsearch.ts';
  await installElasticsearch();" || go_on_without 'Elasticsearch could not be assembled: its tests are skipped'

#!/bin/sh
# podflow.sh COMMAND [FLAGS]: runs the built podflow with the flags that keep its memory small, each measured to pay
# without costing CPU time: a small young generation, one malloc arena, two pool threads, and one compilation at a time
# (side by side the optimizing compilers take 9 MiB of scratch memory, which stays with the process).
set -eu
root=$(dirname "$0")/..
node=$root/node_modules/.bin/node
[ -x "$node" ] || node=node
# The enrichment service is one process for many nodes: its young generation holds the records of a few requests.
export MALLOC_ARENA_MAX=1 UV_THREADPOOL_SIZE=2
memory='--max-semi-space-size=1 --no-concurrent-recompilation'
case ${1:-} in enrich) memory=--max-semi-space-size=8 ;; esac
# shellcheck disable=SC2086 # words
exec "$node" $memory "$root/dist/main.js" "$@"

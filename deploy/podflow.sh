#!/bin/sh
# podflow.sh COMMAND [FLAGS]: runs the built podflow with the flags that keep its memory small: a small young
# generation, one malloc arena, two pool threads (each measured to pay without costing CPU time).
set -eu
root=$(dirname "$0")/..
node=$root/node_modules/.bin/node
[ -x "$node" ] || node=node
export MALLOC_ARENA_MAX=1 UV_THREADPOOL_SIZE=2
exec "$node" --max-semi-space-size=1 "$root/dist/main.js" "$@"

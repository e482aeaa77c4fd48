#!/bin/sh
# podflow.sh COMMAND [FLAGS]: runs the built podflow with the flags that keep its memory small, each measured to pay
# without costing CPU time: a small young generation, one malloc arena, two pool threads, and one compilation at a time
# (side by side the optimizing compilers take 9 MiB of scratch memory, which stays with the process).
set -eu
root=$(dirname "$0")/..
node=$root/node_modules/.bin/node
[ -x "$node" ] || node=node
export MALLOC_ARENA_MAX=1 UV_THREADPOOL_SIZE=2
exec "$node" --max-semi-space-size=1 --no-concurrent-recompilation "$root/dist/main.js" "$@"

#!/bin/sh
# build-bpf.sh SOURCE OUT: compiles a kernel program. Debian's clang and libbpf-dev; the result is the same on every
# machine, so that the committed object can be compared with a fresh build (.ci/check-bpf).
#   src/capture/build-bpf.sh src/capture/ebpf/flow.bpf.c src/capture/ebpf/flow.bpf.o
#   src/capture/build-bpf.sh src/capture/drops/drops.bpf.c src/capture/drops/drops.bpf.o
set -eu
out=$(realpath "$2")
cd "$(dirname "$1")"
include=/usr/include/$(uname -m)-linux-gnu
clang -O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Werror -fdebug-prefix-map="$PWD"=. \
  -isystem "$include" -c "$(basename "$1")" -o "$out"
llvm-strip -g "$out" # keeps .BTF, which the loader needs; drops DWARF, which holds paths

#!/bin/sh
# build.sh OUT: compiles the socket filter. Debian's clang and libbpf-dev; the result is the same on every machine,
# so that the committed flow.bpf.o can be compared with a fresh build.
set -eu
out=$(realpath "$1")
cd "$(dirname "$0")"
include=/usr/include/$(uname -m)-linux-gnu
clang -O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Werror -fdebug-prefix-map="$PWD"=. \
  -isystem "$include" -c flow.bpf.c -o "$out"
llvm-strip -g "$out" # keeps .BTF, which the loader needs; drops DWARF, which holds paths

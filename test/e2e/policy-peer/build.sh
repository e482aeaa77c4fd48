#!/bin/sh
# build.sh OUT: compiles the peer of the policy evaluator. One minute of processor time after the test cluster's programs,
# whose modules it shares, four with an empty Go cache.
set -eu
cd "$(dirname "$0")/program"
export CGO_ENABLED=0
go build -trimpath -buildvcs=false -ldflags '-s -w' -o "$1" .

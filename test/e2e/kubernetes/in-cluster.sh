#!/bin/sh
# in-cluster.sh kubectl ARGUMENTS... | node N COMMAND... | load N IMAGES.tar: works on the running cluster.
set -eu
folder=$PWD
cd "$(dirname "$0")"
. ./environment.sh
what=$1
shift
case $what in
  kubectl) kubectl "$@" ;;
  node) on_node "$@" ;;
  load) on_node "$1" ctr -n k8s.io images import "$(cd "$folder" && realpath "$2")" ;;
  *) echo "in-cluster.sh: there is no \"$what\"" >&2 && exit 2 ;;
esac

#!/bin/sh
# Stops the test cluster and removes all that up.sh made. Does nothing where there is nothing.
set -eu
cd "$(dirname "$0")"
. ./environment.sh
all_nodes=$(seq -f 'pfn%g' 9)
# A node's PID namespace ends with its first process, and with it every container and mount.
# shellcheck disable=SC2086 # words
kill_all $all_nodes kube-scheduler kube-controller-manager kube-apiserver etcd
for namespace in pfcp $all_nodes; do
  if [ -e "/run/netns/$namespace" ]; then ip netns del "$namespace"; fi
done
wait_for 15 'the cgroups to empty' find /sys/fs/cgroup -depth -type d -path '*/pfn[1-9]*' -exec rmdir {} +
rm -rf --one-file-system "$run"

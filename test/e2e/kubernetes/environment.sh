# Sourced by the other scripts: names, addresses and helpers of the test cluster. One cluster a machine: the names of its
# network namespaces are fixed, and so is the folder of what it writes.
# shellcheck shell=sh disable=SC2034
export PATH="$PATH:/usr/sbin:/sbin"
program=$(sh ../cached.sh kubernetes)/cluster
run=/var/cache/podflow-test-cluster
nodes=${NODES:-2}            # pfn1..pfnN, at most 9; 0 is a control plane alone
proxy_mode=${PROXY:-iptables} # or nftables
fabric=172.30.0              # network of the nodes: .1 control plane, .1N node N, .100 a host outside the cluster
pods=10.244                  # node N has $pods.N.0/24
services=10.96.0             # cluster IPs; .1 is the API server

in_namespace() {
  namespace=$1
  shift
  nsenter --net="/run/netns/$namespace" "$@"
}
# on_node N COMMAND...: in all namespaces of node N.
on_node() {
  is_alive "pfn$1"
  shift
  nsenter --target "$(pgrep --parent "$pid")" --net --mount --pid --cgroup "$@"
}
kubectl() {
  in_namespace pfcp "$program" kubectl --kubeconfig "$run/admin.kubeconfig" --cache-dir "$run/kubectl" "$@"
}

# A pidfile holds "pid starttime", so that a pid used again is never taken for ours.
start_time() {
  sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}
is_alive() {
  [ -s "$run/$1.pid" ] || return 1
  read -r pid born <"$run/$1.pid"
  [ -n "$born" ] && [ "$(start_time "$pid")" = "$born" ]
}
# start NAME NAMESPACE COMMAND...: runs it in the background, logging to NAME.log, without the lock of cluster.sh.
start() {
  name=$1
  namespace=$2
  shift 2
  setsid nsenter --net="/run/netns/$namespace" "$@" >"$run/$name.log" 2>&1 </dev/null 9>&- &
  echo "$! $(start_time $!)" >"$run/$name.pid"
}
# kill_all NAME...: ends them and waits until they are gone.
kill_all() {
  for name; do
    if is_alive "$name"; then kill -9 "$pid"; fi
  done
  for name; do
    while is_alive "$name"; do sleep 0.05; done
    rm -f "$run/$name.pid"
  done
}
# wait_for SECONDS WHAT COMMAND...
wait_for() {
  end=$(($(date +%s) + $1))
  what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$(date +%s)" -lt "$end" ] || { echo "gave up waiting for $what" >&2 && return 1; }
    sleep 0.2
  done
}

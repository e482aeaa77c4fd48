#!/bin/sh
# Lays the network of the cluster: a network namespace for each machine, joined by a bridge in that of the control plane.
# Nothing is added to this machine's own.
set -eu
cd "$(dirname "$0")"
. ./environment.sh
create_machine() {
  ip netns add "$1"
  ip -n "$1" link set lo up
}
create_machine pfcp
ip -n pfcp link add fab0 type bridge
ip -n pfcp addr add "$fabric.1/24" dev fab0
ip -n pfcp addr add "$fabric.100/24" dev fab0
ip -n pfcp link set fab0 up
for n in $(seq "$nodes"); do
  node=pfn$n
  create_machine "$node"
  ip -n pfcp link add "$node" type veth peer name eth0 netns "$node"
  ip -n pfcp link set "$node" master fab0 up
  ip -n "$node" addr add "$fabric.1$n/24" dev eth0
  ip -n "$node" link set eth0 up
  ip -n "$node" route add default via "$fabric.1"
  ip -n pfcp route add "$pods.$n.0/24" via "$fabric.1$n"
  for other in $(seq "$nodes"); do
    [ "$other" = "$n" ] || ip -n "$node" route add "$pods.$other.0/24" via "$fabric.1$other"
  done
  in_namespace "$node" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
  # What a CNI's masquerade rule does: pods leave the cluster as their node.
  in_namespace "$node" iptables -w -t nat -A POSTROUTING -s "$pods.0.0/16" ! -d "$pods.0.0/16" -j MASQUERADE
done

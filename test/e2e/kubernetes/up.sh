#!/bin/sh
# Starts the test cluster and waits until it is ready. cluster.sh calls it.
set -eu
cd "$(dirname "$0")"
. ./environment.sh
if [ ! -x "$program" ]; then
  echo "$program is not there: sh deploy/setup.sh e2e builds it" >&2
  exit 1
fi
if [ "$nodes" != 0 ] && [ ! -d /sys/fs/cgroup/memory ]; then
  echo 'the nodes of the test cluster are made for cgroup v1, which this machine does not have' >&2
  exit 1
fi
mkdir -p "$run"
[ "$nodes" = 0 ] || sh ./images.sh "$run/images.tar" &
packing=$!
sh ./pki.sh
sh ./network.sh
pki=$run/pki

start etcd pfcp "$program" etcd --data-dir "$run/etcd" --unsafe-no-fsync --log-level warn \
  --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:2380

# The API server has no kube-proxy beside it: it dials the endpoints of a webhook's Service, not its cluster IP.
start kube-apiserver pfcp "$program" kube-apiserver --etcd-servers http://127.0.0.1:2379 \
  --advertise-address "$fabric.1" --secure-port 6443 --service-cluster-ip-range "$services.0/16" \
  --tls-cert-file "$pki/apiserver.crt" --tls-private-key-file "$pki/apiserver.key" \
  --client-ca-file "$pki/ca.crt" --authorization-mode Node,RBAC \
  --enable-admission-plugins NodeRestriction --allow-privileged \
  --service-account-issuer https://kubernetes.default.svc \
  --service-account-key-file "$pki/sa.pub" --service-account-signing-key-file "$pki/sa.key" \
  --kubelet-client-certificate "$pki/kubelet-client.crt" --kubelet-client-key "$pki/kubelet-client.key" \
  --kubelet-preferred-address-types InternalIP --enable-aggregator-routing --profiling=false
wait_for 120 kube-apiserver kubectl get --raw /readyz

# With the node lifecycle controller: without it a new node would keep its taint "not-ready" for ever.
start kube-controller-manager pfcp "$program" kube-controller-manager \
  --kubeconfig "$run/kube-controller-manager.kubeconfig" \
  --flex-volume-plugin-dir "$run/flex" --use-service-account-credentials --root-ca-file "$pki/ca.crt" \
  --service-account-private-key-file "$pki/sa.key" \
  --cluster-signing-cert-file "$pki/ca.crt" --cluster-signing-key-file "$pki/ca.key" \
  --leader-elect=false --profiling=false
start kube-scheduler pfcp "$program" kube-scheduler \
  --kubeconfig "$run/kube-scheduler.kubeconfig" --leader-elect=false --profiling=false

wait $packing
for n in $(seq "$nodes"); do
  kubectl create -f - >/dev/null <<YAML
{apiVersion: v1, kind: Node, metadata: {name: pfn$n}, spec: {podCIDR: $pods.$n.0/24, podCIDRs: [$pods.$n.0/24]}}
YAML
  start "pfn$n" "pfn$n" unshare --mount --pid --cgroup --fork --kill-child --mount-proc sh ./node.sh "$n"
done
[ "$nodes" = 0 ] || wait_for 120 'the nodes' kubectl wait --for condition=Ready node --all --timeout 5s
# Pods are refused until it is there.
wait_for 60 'the default service account' kubectl get serviceaccount default

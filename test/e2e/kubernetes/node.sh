#!/bin/sh
# node.sh N: the first process of node N, which is containerd, kubelet and kube-proxy. up.sh runs it in network, mount,
# PID and cgroup namespaces of its own: ending it ends every container, and its mounts and sysctls are not the machine's.
set -eu
cd "$(dirname "$0")"
. ./environment.sh
n=$1 node=pfn$1 own=$run/pfn$1
mkdir -p "$own/lib" "$own/log" "$own/cni" "$own/sysctl"

# The hierarchies anew, in the cgroup namespace: pods stay below the cgroup that this was started in.
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /sys/fs/cgroup
for controller in cpu cpuacct cpuset memory devices freezer blkio pids name=systemd; do
  folder=/sys/fs/cgroup/${controller#name=}
  mkdir "$folder"
  mount -t cgroup -o "$controller" cgroup "$folder"
  mkdir -p "$folder/$node"
done
for file in cpuset.cpus cpuset.mems; do
  cat "/sys/fs/cgroup/cpuset/$file" >"/sys/fs/cgroup/cpuset/$node/$file"
done
# Paths that two kubelets on one file system would share.
mount -t tmpfs tmpfs /run
mkdir /run/lock
mount --bind "$own/log" /var/log
mount --bind "$own/lib" /var/lib
# What kubelet insists on writing and no namespace separates: it gets copies.
for setting in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops; do
  copy=$own/sysctl/${setting#*/}
  cat "/proc/sys/$setting" >"$copy"
  mount --bind "$copy" "/proc/sys/$setting"
done

cat >"$own/cni/10-pod.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "pod", "plugins": [
  {"type": "ptp", "mtu": 1500, "ipam": {"type": "host-local",
    "ranges": [[{"subnet": "$pods.$n.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON
# Without CAP_SYS_RESOURCE runc cannot give a container the negative oom_score_adj that containerd asks for.
cat >"$own/containerd.toml" <<TOML
version = 2
disabled_plugins = ["io.containerd.internal.v1.opt"]
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "podflow.test/box:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$own/cni"
TOML
cat >"$own/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $run/pki/ca.crt}}
authorization: {mode: Webhook}
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: /$node
failCgroupV1: false
failSwapOn: false
resolvConf: ""
volumePluginDir: $own/flex
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 0%, nodefs.available: 0%, nodefs.inodesFree: 0%, imagefs.available: 0%}
YAML

containerd -c "$own/containerd.toml" >"$run/$node-containerd.log" 2>&1 &
wait_for 30 containerd ctr version
ctr -n k8s.io images import "$run/images.tar"
"$program" kubelet --config "$own/kubelet.yaml" --kubeconfig "$run/$node.kubeconfig" \
  --hostname-override "$node" --node-ip "$fabric.1$n" >"$run/$node-kubelet.log" 2>&1 &
# nf_conntrack_max and the like belong to the machine: 0 leaves them alone.
"$program" kube-proxy --kubeconfig "$run/kube-proxy.kubeconfig" --hostname-override "$node" \
  --proxy-mode "$proxy_mode" --cluster-cidr "$pods.0.0/16" \
  --conntrack-max-per-core 0 --conntrack-min 0 \
  --conntrack-tcp-timeout-established 0 --conntrack-tcp-timeout-close-wait 0 \
  >"$run/$node-kube-proxy.log" 2>&1 &
wait

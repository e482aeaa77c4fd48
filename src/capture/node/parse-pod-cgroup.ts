/** Which pod and container a process belongs to. */
export interface PodCgroup {
  /** UID of the pod with dashes, as the API server tells it; of a static pod the hash of its manifest, as it is. */
  readonly podUid: string;
  /** The 64 hexadecimal digits, absent for a process in the pod's own cgroup. */
  readonly containerId: string | undefined;
}

/**
 * The kubelet's folder of a pod: `podUID` (cgroupfs driver), `…-podUID.slice` with underscores for dashes (systemd
 * driver), or the latter followed by `:RUNTIME:ID` where the runtime was set to another driver than the kubelet.
 */
const POD = /(?:^|-)pod([\da-f]{8}[-_]?[\da-f]{4}[-_]?[\da-f]{4}[-_]?[\da-f]{4}[-_]?[\da-f]{12})(?:\.slice)?(:.*)?$/;
/** `ID`, `RUNTIME-ID.scope`, `:RUNTIME:ID`. */
const CONTAINER = /(?:^|[-:])([\da-f]{64})(?:\.scope)?$/;

/**
 * Parses `/proc/PID/cgroup` (cgroups(7): `ID:controllers:path` lines, one of them for version 2) by the names that the
 * kubelet (pkg/kubelet/cm/cgroup_manager_linux.go) and containerd, CRI-O and Docker give. The outermost pod counts:
 * what runs nested in a pod belongs to it.
 * @returns undefined for a process of no pod
 */
export function parsePodCgroup(text: string): PodCgroup | undefined {
  for (const line of text.split('\n')) {
    const pod = parsePath(line.split(':').slice(2).join(':'));
    if (pod !== undefined) return pod;
  }
  return undefined;
}

function parsePath(path: string): PodCgroup | undefined {
  const folders = path.split('/');
  for (const [i, folder] of folders.entries()) {
    const [, uid, inSameFolder] = POD.exec(folder) ?? [];
    if (uid === undefined) continue;
    const containerId = CONTAINER.exec(inSameFolder ?? folders[i + 1] ?? '')?.[1];
    return { podUid: uid.replaceAll('_', '-'), containerId };
  }
  return undefined;
}

import { describe, expect, test } from '@jest/globals';
import { parsePodCgroup } from '../../../src/capture/node/parse-pod-cgroup.ts';

/**
 * Paths as they are on clusters. Those marked S are test data of SPIRE's Kubernetes workload attestor (spiffe/spire,
 * pkg/agent/plugin/workloadattestor/k8s: testdata and k8s_posix_test.go); the others have the same forms with other ids.
 */
const FOUND: readonly (readonly [what: string, line: string, podUid: string, containerId: string])[] = [
  [
    'S: containerd, cgroup v1, cgroupfs driver, in kind',
    '12:pids:/docker/93529524695bb00d91c1f6dba692ea8d3550c3b94fb2463af7bc9ec82f992d26/kubepods/besteffort/poda2830d0d-b0f0-4ff0-81b5-0ee4e299cf80/09bc3d7ade839efec32b6bec4ec79d099027a668ddba043083ec21d3c3b8f1e6',
    'a2830d0d-b0f0-4ff0-81b5-0ee4e299cf80',
    '09bc3d7ade839efec32b6bec4ec79d099027a668ddba043083ec21d3c3b8f1e6',
  ],
  [
    'S: containerd without SystemdCgroup under a kubelet with the systemd driver',
    '9:cpuset:/kubepods-besteffort-pod72f7f152_440c_66ac_9084_e0fc1d8a910c.slice:cri-containerd:b2a102854b4969b2ce98dc329c86b4fb2b06e4ad2cc8da9d8a7578c9cd2004a2',
    '72f7f152-440c-66ac-9084-e0fc1d8a910c',
    'b2a102854b4969b2ce98dc329c86b4fb2b06e4ad2cc8da9d8a7578c9cd2004a2',
  ],
  [
    'S: CRI-O, cgroup v1, systemd driver',
    '9:devices:/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod561fd272_d131_47ef_a01b_46a997a778f3.slice/crio-030ded69d4c98fcf69c988f75a5eb3a1b4357e1432bd5510c936a40d7e9a1198.scope',
    '561fd272-d131-47ef-a01b-46a997a778f3',
    '030ded69d4c98fcf69c988f75a5eb3a1b4357e1432bd5510c936a40d7e9a1198',
  ],
  [
    'S: Docker, systemd driver, dashes kept',
    '11:hugetlb:/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod2c48913c-b29f-11e7-9350-020968147796.slice/docker-9bca8d63d5fa610783847915bcff0ecac1273e5b4bed3f6fa1b07350e0135961.scope',
    '2c48913c-b29f-11e7-9350-020968147796',
    '9bca8d63d5fa610783847915bcff0ecac1273e5b4bed3f6fa1b07350e0135961',
  ],
  [
    'S: cgroupfs driver, guaranteed pod',
    '4:memory:/kubepods/pod2c48913c-b29f-11e7-9350-020968147796/9bca8d63d5fa610783847915bcff0ecac1273e5b4bed3f6fa1b07350e0135961',
    '2c48913c-b29f-11e7-9350-020968147796',
    '9bca8d63d5fa610783847915bcff0ecac1273e5b4bed3f6fa1b07350e0135961',
  ],
  [
    'S: read from within another cgroup namespace',
    '0::/../../../burstable/pod095e82d2-713c-467a-a18a-cbb50a075296/6d1234da0f5aa7fa0ccae4c7d2d109929eb9a81694e6357bcd4547ab3985911b',
    '095e82d2-713c-467a-a18a-cbb50a075296',
    '6d1234da0f5aa7fa0ccae4c7d2d109929eb9a81694e6357bcd4547ab3985911b',
  ],
  [
    'containerd, cgroup v2, systemd driver, in kind',
    '0::/docker/65a1b6ad09655b3f1475ede1aa0061a97c0d1ada9f2b2acac959afbc92094463/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod96dd7de3_0783_4613_a707_e0effc077ef5.slice/cri-containerd-13a0f64b909e3ff2d63f196d6947927a8af997ab68f8fa9ebb6d6c7018af4ec9.scope',
    '96dd7de3-0783-4613-a707-e0effc077ef5',
    '13a0f64b909e3ff2d63f196d6947927a8af997ab68f8fa9ebb6d6c7018af4ec9',
  ],
  [
    'CRI-O, cgroup v1, cgroupfs driver',
    '4:net_cls,net_prio:/kubepods/besteffort/pod26ba375c-2266-4ecc-bf2d-b626db8762af/crio-af208fd68bf39a07a439ed0c9b6609b9ae63ecd8a5f1a2af3e0db48b945b320a',
    '26ba375c-2266-4ecc-bf2d-b626db8762af',
    'af208fd68bf39a07a439ed0c9b6609b9ae63ecd8a5f1a2af3e0db48b945b320a',
  ],
  [
    // crun puts its processes a level below the scope (crun(1), run.oci.systemd.subgroup)
    'CRI-O with crun, cgroup v2',
    '0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podb6a16766_05ee_446a_8ee5_ff96a817f47c.slice/crio-45490e76e0878aaa4d9808f7d2eefba37f093c3efbba9838b6d8ab804d9bd814.scope/container',
    'b6a16766-05ee-446a-8ee5-ff96a817f47c',
    '45490e76e0878aaa4d9808f7d2eefba37f093c3efbba9838b6d8ab804d9bd814',
  ],
  [
    // the UID of a static pod is a hash of 32 digits; S has one in `/kubepods/pod2732ca68f6358eba7703fb6f82a25c94`
    'a static pod',
    '0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod2732ca68f6358eba7703fb6f82a25c94.slice/cri-containerd-679f3691f7f1b20198548be43b86f265f9fff9be0ac4c973638f5ee89decbca9.scope',
    '2732ca68f6358eba7703fb6f82a25c94',
    '679f3691f7f1b20198548be43b86f265f9fff9be0ac4c973638f5ee89decbca9',
  ],
];

describe('the pod of a process', () => {
  test.each(FOUND)('%s', (_, line, podUid, containerId) => {
    expect(parsePodCgroup(`${line}\n`)).toEqual({ podUid, containerId });
  });

  test('any line of version 1 may tell it', () => {
    const [, , , [, line, podUid] = ['', '', '']] = FOUND;
    expect(parsePodCgroup(`13:rdma:/\n${line}\n0::/system.slice/containerd.service\n`)?.podUid).toBe(podUid);
  });

  test('a process in the pod’s own cgroup has a pod and no container', () => {
    const line = '0::/kubepods/besteffort/pod26ba375c-2266-4ecc-bf2d-b626db8762af';
    expect(parsePodCgroup(line)).toEqual({ podUid: '26ba375c-2266-4ecc-bf2d-b626db8762af', containerId: undefined });
  });

  test('what is nested in a pod belongs to the outer one', () => {
    const inner = 'kubepods/pod11111111-2222-3333-4444-555555555555/docker';
    const outer = 'kubepods/pod26ba375c-2266-4ecc-bf2d-b626db8762af';
    const id = '679f3691f7f1b20198548be43b86f265f9fff9be0ac4c973638f5ee89decbca9';
    expect(parsePodCgroup(`0::/${outer}/${id}/${inner}`)).toEqual({
      podUid: '26ba375c-2266-4ecc-bf2d-b626db8762af',
      containerId: id,
    });
  });

  test.each([
    '',
    '0::/',
    '0::/init.scope',
    '0::/user.slice/user-1000.slice/session-915.scope',
    '0::/system.slice/docker-3350ade4226f0adcd9e4e9545d7c2a16a5aa362d12315f2a88e2024cea1246cf.scope',
    '0::/../crio-09bc3d7ade839efec32b6bec4ec79d099027a668ddba043083ec21d3c3b8f1e6.scope',
    '0::/system.slice/crio-conmon-5819a498721cf8bb7e334809c9e48aa310bfc98801eb8017034ad17fb0749920.scope',
    '4:memory:/kubepods/burstable/podnot-a-uid/abc',
    '1:name=systemd:/user.slice/podman-26ba375c-2266-4ecc-bf2d-b626db8762af.slice',
    'garbage',
    '\u0000',
  ])('%j is of no pod', (text) => {
    expect(parsePodCgroup(text)).toBeUndefined();
  });
});

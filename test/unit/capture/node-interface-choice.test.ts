import { describe, expect, test } from '@jest/globals';
import { InterfaceChoice, isObservedWithin } from '../../../src/capture/node/interface-choice.ts';
import type { Link } from '../../../src/capture/interface/decode-link.ts';

function link(name: string, kind: string | undefined, lower: Partial<Link> = {}): Link {
  const counts = { rxFrames: 0, txFrames: 0, rxBytes: 0, txBytes: 0 };
  const nothing = { hardwareAddress: undefined, lowerIfindex: undefined, lowerNamespaceId: undefined };
  return { name, kind, ifindex: 7, isUp: true, isLoopback: false, ...nothing, ...counts, ...lower };
}

const ELSEWHERE = { lowerIfindex: 2, lowerNamespaceId: 0 };

describe('interfaces of the host', () => {
  const choice = new InterfaceChoice({ include: ['*'], exclude: ['vethx*'], uplinks: ['eth0', 'bond*.100'] });

  test.each([
    ['a veth with its other end elsewhere', link('veth1', 'veth', ELSEWHERE), 'pod'],
    ['a netkit likewise', link('nk1', 'netkit', ELSEWHERE), 'pod'],
    ['a veth with both ends here', link('cilium_host', 'veth', { lowerIfindex: 3 }), undefined],
    ['a veth left out by name', link('vethx1', 'veth', ELSEWHERE), undefined],
    ['a bridge', link('cni0', 'bridge'), undefined],
    ['a VXLAN device', link('flannel.1', 'vxlan'), undefined],
    ['a VLAN on a device of another namespace', link('vlan5', 'vlan', ELSEWHERE), undefined],
    ['the uplink, when it is asked for', link('eth0', undefined), 'uplink'],
    ['a pattern with a dot, which stands for itself', link('bond0.100', 'vlan'), 'uplink'],
    ['no such name', link('bond0x100', 'vlan'), undefined],
    ['the loopback device', { ...link('lo', undefined), isLoopback: true }, undefined],
  ])('%s', (_, found, role) => {
    expect(choice.roleOf(found)).toBe(role);
  });

  test('what is included is chosen by name', () => {
    const some = new InterfaceChoice({ include: ['cali*', 'lxc*'], exclude: ['lxc_health'], uplinks: [] });
    const chosen = ['cali1', 'lxc1', 'lxc_health', 'veth1', 'xcali1'].filter(
      (name) => some.roleOf(link(name, 'veth', ELSEWHERE)) === 'pod',
    );
    expect(chosen).toEqual(['cali1', 'lxc1']);
  });

  test('characters of regular expressions in a pattern stand for themselves', () => {
    const odd = new InterfaceChoice({ include: ['(a+)[b]|^$\\?'], exclude: [], uplinks: [] });
    expect(odd.roleOf(link('(a+)[b]|^$\\?', 'veth', ELSEWHERE))).toBe('pod');
    expect(odd.roleOf(link('aab', 'veth', ELSEWHERE))).toBeUndefined();
  });
});

describe('interfaces within a pod, where the host’s namespace has id 4', () => {
  const onHost = { lowerIfindex: 2, lowerNamespaceId: 4 };

  test.each([
    ['a macvlan on a device of the host', link('net1', 'macvlan', onHost), true],
    ['an ipvlan', link('eth0', 'ipvlan', onHost), true],
    ['a VLAN', link('eth0', 'vlan', onHost), true],
    ['a device proper that was moved in', link('eth0', undefined), true],
    ['the pod’s end of a veth', link('eth0', 'veth', onHost), false],
    ['a veth to a container nested in the pod', link('veth9', 'veth', { lowerIfindex: 2, lowerNamespaceId: 1 }), false],
    ['a macvlan on the pod’s own interface', link('mv0', 'macvlan', { lowerIfindex: 2 }), false],
    ['a macvlan on a device of a third namespace', link('mv0', 'macvlan', ELSEWHERE), false],
    ['a tap device of a virtual machine', link('tap0', 'tun'), false],
    ['a tunnel', link('wg0', 'wireguard'), false],
    ['a bridge', link('docker0', 'bridge'), false],
    ['the loopback device', { ...link('lo', undefined), isLoopback: true }, false],
  ])('%s', (_, found, isObserved) => {
    expect(isObservedWithin(found, 4)).toBe(isObserved);
  });

  test('nothing leads to a host of which no id is known', () => {
    expect(isObservedWithin(link('mv0', 'macvlan', { lowerIfindex: 2 }), undefined)).toBe(false);
    expect(isObservedWithin(link('mv0', 'macvlan', ELSEWHERE), undefined)).toBe(false);
  });
});

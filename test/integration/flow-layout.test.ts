import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { toProgramConstants } from '../../src/capture/ebpf/program-constants.ts';
import { MAX_TUNNELS, TUNNEL_KEY, TUNNEL_KEY_BYTES } from '../../src/capture/packet/tunnel-key.ts';
import { toTunnelNumber } from '../../src/capture/packet/tunnel-type.ts';
import {
  KEY_BYTES,
  KEY_POINT,
  KEY_TAIL,
  POINT_IS_TUNNEL,
  SIDE,
  SIDE_BYTES,
  TAIL,
  VALUE_BYTES,
} from '../../src/model/flow-delta.ts';
import { MAX_TUNNEL_PORTS } from '../../src/model/tunnel-port.ts';
import { describeWithTools } from '../support/requirements.ts';

const INCLUDE = fileURLToPath(new URL('../../src/capture/ebpf/', import.meta.url));

/** `SIDE.firstNs` is the C member `first_ns`. */
function toCName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

describeWithTools('flow-delta.ts has the layout of flow.h', ['cc'], () => {
  const folder = mkdtempSync(join(tmpdir(), 'podflow-layout-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What the C compiler says of constant expressions over flow.h. */
  function evaluate(expressions: readonly string[]): number[] {
    const prints = expressions.map((expression) => `printf("%zu\\n", (size_t)(${expression}));`).join('\n');
    const source = `#include <stddef.h>\n#include <stdio.h>\n#include "flow.h"\nint main(void) {\n${prints}\n}\n`;
    const program = join(folder, 'layout');
    execFileSync('cc', ['-I', INCLUDE, '-o', program, '-x', 'c', '-'], { input: source });
    return execFileSync(program, { encoding: 'utf8' }).trim().split('\n').map(Number);
  }

  test('the fields of a side', () => {
    const offsets = Object.keys(SIDE).map((name) => `offsetof(struct flow_side, ${toCName(name)})`);
    expect(evaluate(offsets)).toEqual(Object.values(SIDE));
    expect(evaluate(['sizeof(struct flow_side)', 'sizeof(struct flow_value)'])).toEqual([SIDE_BYTES, VALUE_BYTES]);
  });

  test('the key of a tunnel, and the bounds', () => {
    const members = ['point', 'type_id', 'address[0]', 'address[1]'].map(
      (name) => `offsetof(struct tunnel_key, ${name})`,
    );
    expect(evaluate(members)).toEqual(Object.values(TUNNEL_KEY));
    const numbers = ['sizeof(struct tunnel_key)', 'MAX_TUNNELS', 'MAX_TUNNEL_PORTS', 'POINT_IS_TUNNEL'];
    expect(evaluate(numbers)).toEqual([TUNNEL_KEY_BYTES, MAX_TUNNELS, MAX_TUNNEL_PORTS, POINT_IS_TUNNEL]);
    expect(evaluate(['TUNNEL_VXLAN', 'TUNNEL_GENEVE'])).toEqual([toTunnelNumber('vxlan'), toTunnelNumber('geneve')]);
  });

  test('the constants', () => {
    const constants = toProgramConstants({
      isLoopback: true,
      points: 'by_interface',
      decapsulate: [{ type: 'geneve', port: 6081 }],
    });
    const members = ['is_loopback', 'points_by_interface', 'point', 'tunnel_ports[0]'];
    const offsets = evaluate(members.map((name) => `offsetof(struct constants, ${name})`));
    expect(offsets.map((offset) => constants[offset / 4])).toEqual([1, 1, 0, 6081 + 2 * 65_536]);
    expect(evaluate(['sizeof(struct constants)'])).toEqual([4 * constants.length]);
    expect(toProgramConstants({ isLoopback: false, points: 77, decapsulate: [] })).toEqual([
      0,
      0,
      77,
      ...Array(8).fill(0),
    ]);
  });

  test('the keys', () => {
    const keys = ['sizeof(struct flow_key4)', 'sizeof(struct flow_key6)'];
    expect(evaluate(keys)).toEqual([KEY_BYTES.ipv4, KEY_BYTES.ipv6]);
    const tails = ['offsetof(struct flow_key4, tail)', 'offsetof(struct flow_key6, tail)'];
    expect(evaluate(tails)).toEqual([KEY_TAIL.ipv4, KEY_TAIL.ipv6]);
    const points = ['offsetof(struct flow_key4, point)', 'offsetof(struct flow_key6, point)'];
    expect(evaluate(points)).toEqual([KEY_POINT.ipv4, KEY_POINT.ipv6]);
    const fields = ['port[0]', 'port[1]', 'protocol', 'kind', 'vlan'].map(
      (name) => `offsetof(struct key_tail, ${name})`,
    );
    expect(evaluate(fields)).toEqual([TAIL.port0, TAIL.port1, TAIL.protocol, TAIL.kind, TAIL.vlan]);
  });
});

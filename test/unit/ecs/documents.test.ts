import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import ipaddr from 'ipaddr.js';
import { CONNECTION_CASES } from '../../support/connection-cases.ts';
import { validateEcsDocument } from '../../support/ecs-validator.ts';
import { encodeDocuments } from '../../support/encode-documents.ts';

interface Side {
  readonly ip: string;
  readonly port?: number;
}

const FIXTURE = new URL('../../fixtures/ecs/documents.json', import.meta.url);
const GOLDEN = JSON.parse(readFileSync(FIXTURE, 'utf8')) as Record<string, Record<string, unknown>>;
const NAMES = Object.keys(CONNECTION_CASES);
const DOCUMENTS = encodeDocuments(Object.values(CONNECTION_CASES));
const BY_NAME = new Map(NAMES.map((name, index) => [name, DOCUMENTS[index]]));

/** Community ID v1 from what the document itself tells, after the specification's pseudo code. */
function computeCommunityId(document: Record<string, unknown> | undefined): string {
  const { source, destination, network } = document as {
    source: Side;
    destination: Side;
    network: Record<string, string>;
  };
  const isEcho = network['transport'] === 'icmp';
  const ports = [isEcho ? 8 : source.port, isEcho ? 0 : destination.port].map((port) =>
    Buffer.from([port! >> 8, port! & 255]),
  );
  const ends = [source, destination].map(({ ip }, i) =>
    Buffer.concat([Buffer.from(ipaddr.parse(ip).toByteArray()), ports[i]!]),
  );
  const [low, high] = ends.toSorted(Buffer.compare) as [Buffer, Buffer];
  const protocol = Buffer.from([Number(network['iana_number']), 0]);
  const addresses = Buffer.concat([Buffer.from([0, 0]), low.subarray(0, -2), high.subarray(0, -2)]);
  const input = Buffer.concat([addresses, protocol, low.subarray(-2), high.subarray(-2)]);
  return `1:${createHash('sha1').update(input).digest('base64')}`;
}

describe('the documents of connections of every kind', () => {
  test.each(NAMES)('%s: as it was read and found right', (name) => {
    expect(BY_NAME.get(name)).toEqual(GOLDEN[name]);
  });

  test('are all that the fixture has', () => {
    expect(Object.keys(GOLDEN)).toEqual(NAMES);
  });

  test.each(NAMES)('%s: ECS, and only fields that the mapping has', (name) => {
    expect(validateEcsDocument(BY_NAME.get(name))).toEqual([]);
  });

  test.each(NAMES.filter((name) => name !== 'a ping'))('%s: its Community ID is that of its ends', (name) => {
    expect(BY_NAME.get(name)).toHaveProperty('network.community_id', computeCommunityId(BY_NAME.get(name)));
  });
});

describe('a document', () => {
  test('through a Service tells client, backend, and what was dialled', () => {
    expect(BY_NAME.get('TCP through a Service, seen by both')).toMatchObject({
      source: { ip: '10.244.1.7', port: 51_034, bytes: 1_415, packets: 10 },
      destination: { ip: '10.244.2.9', port: 8080, bytes: 6_343, kubernetes: { service: { name: 'cart' } } },
      network: { bytes: 7_758, packets: 21, community_id: '1:PVmtYbRfnAbElkVAMY+dz/rQOSg=' },
      event: { id: 'PVmtYbRfnAbElkVAMY-dz_-toumk0', duration: 7_168_000_000 },
      podflow: {
        dialled: { ip: '10.96.0.10', port: 80, community_id: '1:vV4wKVaPo86E68Q+6D9AQ5/Zs08=' },
        lost: { packets: 1, bytes: 66, reverse_packets: 0, reverse_bytes: 0 },
        server: { packets: 9, bytes: 1_349 },
      },
    });
  });

  test('of one perspective tells nothing of the other, and is of its observer', () => {
    const [client, server] = ['seen by the client alone', 'seen by the server alone'].map((name) => BY_NAME.get(name));
    expect(client).not.toHaveProperty('podflow.lost');
    expect(client).not.toHaveProperty('podflow.server');
    expect(client).toMatchObject({ network: { direction: 'egress' }, host: { name: 'node-1' } });
    expect(server).toMatchObject({ network: { direction: 'ingress' }, host: { name: 'node-0' } });
    expect(server).toHaveProperty('orchestrator.resource.name', 'cart-7d9f8b6c5d-32azgp');
  });

  test('of a failed attempt says so where ECS has a place for it', () => {
    expect(BY_NAME.get('a SYN that nothing answers')).toMatchObject({
      event: {
        type: ['connection', 'start', 'denied'],
        action: 'network_flow',
        outcome: 'failure',
        reason: 'no answer to the TCP SYN',
      },
      podflow: { verdict: 'dropped', drop: { reason: 'syn_unanswered', packets: 3, bytes: 222 } },
    });
    expect(BY_NAME.get('a SYN that nothing answers')).not.toHaveProperty('destination.bytes');
    expect(BY_NAME.get('a port where nobody listens')).toHaveProperty('event.type', ['connection', 'end', 'denied']);
  });

  test('of what a policy denies says so where ECS has a place for it', () => {
    const document = BY_NAME.get('denied by a policy, and dropped by netfilter');
    expect(document).toMatchObject({
      event: { outcome: 'failure', reason: expect.stringMatching(/^dropped by netfilter; .* a peer with run=denied$/) },
      rule: { name: 'access-nginx', ruleset: 'shop', category: 'NetworkPolicy' },
      podflow: {
        finding: 'denied',
        drop: { reason: 'netfilter_drop', place: 'to_server', detail: 'NETFILTER_DROP' },
        evidence: { source: ['kernel'], detail: ['NETFILTER_DROP'], node: ['node-1'], packets: 3, bytes: 222 },
        policy: { verdict: 'denied', direction: 'ingress', cause: 'no_rule_for_peer', name: 'access-nginx' },
        tcp: { syn_retries: 2 },
      },
    });
  });

  test.each(['dropped though the policies allow it', 'answered though a policy denies it'])(
    'names no rule where none kept it from getting through: %s',
    (name) => {
      expect(BY_NAME.get(name)).not.toHaveProperty('rule');
      expect(BY_NAME.get(name)).toHaveProperty('podflow.finding');
      expect(JSON.stringify(BY_NAME.get(name)?.['event'])).not.toContain('NetworkPolicy');
    },
  );

  test('of evidence alone counts no traffic, names no observed pod, and both sources', () => {
    const document = BY_NAME.get('told by evidence alone, of two sources');
    for (const name of [
      'source.bytes',
      'destination.bytes',
      'network.bytes',
      'network.packets',
      'orchestrator',
      'rule',
    ])
      expect(document).not.toHaveProperty(name);
    expect(document).toMatchObject({
      host: { name: 'node-1' },
      observer: { name: 'podflow-node-x' },
      event: { type: ['connection', 'denied'], reason: 'denied by the network policy agent' },
      podflow: {
        perspectives: 'none',
        evidence: {
          source: ['kernel', 'network_policy_agent'],
          reason: ['netfilter_drop', 'policy_agent_deny'],
          packets: 5,
          bytes: 148,
        },
      },
    });
  });

  test('tells symptoms that either observer saw, and the MTU beside what TCP tells', () => {
    expect(BY_NAME.get('with packets that were too big, and other troubles')).toMatchObject({
      event: { outcome: 'success' },
      podflow: {
        symptoms: ['retransmission_burst', 'zero_window', 'packet_too_big'],
        icmp: { mtu: 1_400 },
        tcp: { state: 'established' },
        evidence: { source: ['kernel'], reason: ['queue_full'], packets: 1, bytes: 1_514 },
      },
    });
  });

  test('of a masqueraded client tells it as ECS has NAT', () => {
    const document = BY_NAME.get('to an address outside, masqueraded');
    expect(document).toMatchObject({
      source: { ip: '10.244.1.7', nat: { ip: '192.0.2.11', port: 61_234 } },
      destination: { geo: { country_iso_code: 'DE', location: { lat: 50.1188, lon: 8.6843 } }, as: { number: 64_500 } },
      related: { ip: ['10.244.1.7', '203.0.113.80', '192.0.2.11'] },
    });
  });

  test('of a protocol without ports has none', () => {
    const ping = BY_NAME.get('a ping');
    expect(ping).not.toHaveProperty('source.port');
    expect(ping).not.toHaveProperty('destination.port');
    expect(ping).not.toHaveProperty('podflow.tcp');
    expect(ping).toHaveProperty('podflow.icmp', { type: 8, code: 0 });
  });

  test('has labels as they are, but for those that Elasticsearch refuses', () => {
    expect(BY_NAME.get('from a pod with odd labels')).toHaveProperty('source.kubernetes.labels', {
      'quote"back\\slash': 'tab\there\nand there',
      umlaut: 'Grün',
      bee: '🐝',
      lone: 'a\ufffd',
      control: '\u0001\u007f',
      separator: '\u2028',
      __proto__x: 'plain',
    });
  });
});

import * as form from './forms.ts';
import { declareSettings } from './setting.ts';
import { NODE, RECEIVING } from './setting-commands.ts';

/** What the node role receives, and where translations come from. */
export const NODE_SETTINGS = declareSettings({
  listenHost: {
    flag: 'listen-host',
    form: form.ipAddress(),
    default: '0.0.0.0',
    commands: RECEIVING,
    meaning: 'address on which records are received',
  },
  listenPort: {
    flag: 'listen-port',
    form: form.portOrOff(),
    default: '4318',
    commands: RECEIVING,
    meaning: 'port of OTLP/HTTP for records: of the node’s probes, or of the Collector; 0 is any free one',
  },
  maxRequestBytes: {
    flag: 'max-request-size',
    form: form.byteSize('64KiB', '1GiB'),
    default: '64MiB',
    commands: RECEIVING,
    meaning: 'largest OTLP request, as sent and unpacked',
  },
  maxPendingBytes: {
    flag: 'max-pending-size',
    form: form.byteSize('1MiB', '16GiB'),
    default: '128MiB',
    commands: RECEIVING,
    meaning: 'OTLP requests held at a time; further ones are told to come back',
  },
  conntrackSource: {
    flag: 'conntrack',
    form: form.choice('auto', 'netlink', 'command', 'off'),
    default: 'auto',
    commands: NODE,
    meaning: 'where translations come from; auto is netlink, else the conntrack command',
  },
  hostNetnsPath: {
    flag: 'host-netns',
    form: form.text('path'),
    default: undefined,
    commands: NODE,
    meaning:
      'network namespace of the node, whose connections and links count; otherwise the own one (hostNetwork: true)',
  },
  conntrackMaxEntries: {
    flag: 'conntrack-max-entries',
    form: form.count(1_024, 16_777_216),
    default: '524288',
    commands: NODE,
    meaning: 'connections mirrored at a time; what does not fit is counted',
  },
  conntrackGraceMs: {
    flag: 'conntrack-grace',
    form: form.duration('1s', '1h'),
    default: '1m',
    commands: NODE,
    meaning: 'how long an ended connection is remembered, since its records come later',
  },
  conntrackResyncMs: {
    flag: 'conntrack-resync',
    form: form.duration('1s', '24h'),
    default: '5m',
    commands: NODE,
    meaning: 'how often the whole table is read anew, by which connections go that ended without an event',
  },
  conntrackBufferBytes: {
    flag: 'conntrack-buffer',
    form: form.byteSize('4KiB', '1GiB'),
    default: '64MiB',
    commands: NODE,
    meaning: 'receive buffer for conntrack events',
  },
  kernelDrops: {
    flag: 'kernel-drops',
    form: form.choice('auto', 'on', 'off'),
    default: 'auto',
    commands: NODE,
    meaning:
      'tell what the kernel drops for the node and its pods, and why (BPF and PERFMON, Linux 5.17); auto goes on without where that cannot be had',
  },
});

import * as form from './forms.ts';
import { declareSettings } from './setting.ts';
import { RUNS, OBSERVING, LIVE, CHOOSING, RECORDS, PROBE, NODE, DEMO, DECAPSULATING } from './setting-commands.ts';

/** What is looked at, and how packets become flows. */
export const OBSERVING_SETTINGS = declareSettings({
  interfaceName: {
    flag: 'interface',
    form: form.text('interface name, or auto'),
    default: 'auto',
    commands: PROBE,
    meaning: 'where to look; auto is the first interface that is up and no loopback',
  },
  netnsPath: {
    flag: 'netns',
    form: form.text('path'),
    default: undefined,
    commands: PROBE,
    meaning: 'network namespace to look in, such as /run/netns/NAME or /proc/PID/ns/net; otherwise the own one',
  },
  backend: {
    flag: 'backend',
    form: form.choice('auto', 'ebpf', 'cap'),
    default: 'auto',
    commands: CHOOSING,
    meaning: 'how packets are observed; auto is ebpf where the kernel and the rights allow it, else cap',
  },
  observer: {
    flag: 'observer',
    form: form.choice('probes', 'node'),
    default: 'probes',
    commands: DEMO,
    meaning: 'who looks at the pods: a probe in each, or the node role for all of them',
  },
  isCapturing: {
    flag: 'capture',
    form: form.onOff(),
    default: 'false',
    commands: NODE,
    meaning: 'observe all pods of the node from here, so that no sidecar is needed (ebpf only)',
  },
  includeInterfaces: {
    flag: 'capture-include',
    form: form.patterns(),
    default: '*',
    commands: NODE,
    meaning: "host-side interfaces to observe among the pods' own, by name",
  },
  excludeInterfaces: {
    flag: 'capture-exclude',
    form: form.patterns(),
    default: undefined,
    commands: NODE,
    meaning: 'and those not to observe',
  },
  uplinkInterfaces: {
    flag: 'capture-uplinks',
    form: form.patterns(),
    default: undefined,
    commands: NODE,
    meaning:
      "interfaces of the node itself to observe too, for pods on the host network; they see the pods' outside traffic once more",
  },
  procPath: {
    flag: 'proc',
    form: form.text('path'),
    default: '/proc',
    commands: NODE,
    meaning: "the node's /proc, by which pods and their network namespaces are found",
  },
  decapsulate: {
    flag: 'decapsulate',
    form: form.tunnelPorts(),
    default: undefined,
    commands: DECAPSULATING,
    meaning:
      'tunnels to look into by UDP port, such as vxlan:4789,vxlan:8472,geneve:6081; these where a file is replayed, none otherwise: a pod could forge what is inside',
  },
  intervalMs: {
    flag: 'interval',
    form: form.duration('100ms', '1h'),
    default: '10s',
    defaultFor: { demo: '1s' },
    commands: RUNS,
    meaning: 'time between reports, aligned to the wall clock; for enrich that of the observers',
  },
  idleTimeoutMs: {
    flag: 'idle-timeout',
    form: form.duration('1s', '24h'),
    default: '15s',
    commands: OBSERVING,
    meaning: 'a flow without packets for so long has ended',
  },
  activeTimeoutMs: {
    flag: 'active-timeout',
    form: form.duration('1s', '24h'),
    default: '30m',
    commands: OBSERVING,
    meaning: 'a flow that lives so long ends and begins anew',
  },
  maxFlows: {
    flag: 'max-flows',
    form: form.count(1, 16_777_216),
    default: '262144',
    commands: OBSERVING,
    meaning: 'flows kept at a time; what does not fit is counted as unattributed',
  },
  kernelMapEntries: {
    flag: 'kernel-map-entries',
    form: form.count(1_024, 16_777_216),
    default: '131072',
    commands: LIVE,
    meaning: 'flows that each of the kernel maps holds between two drains (ebpf)',
  },
  ownAddresses: {
    flag: 'own-addresses',
    form: form.ipAddresses(),
    default: undefined,
    commands: RECORDS,
    meaning: 'addresses of the observed pod, which tell ingress from egress; otherwise those of the interface',
  },
});

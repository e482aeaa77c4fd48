import type { SettingCommand } from '../config/setting.ts';
import type { CommandRun } from './invocation.ts';

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** What stands behind the flags, in order, all required. */
  readonly operands: readonly string[];
  /** The settings it takes, if any. */
  readonly settings: SettingCommand | undefined;
  /** Loads the command's code, so that a role holds in memory only what it runs. */
  readonly load: () => Promise<CommandRun>;
}

/** Every command of the program, in the order in which the help lists them. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'probe',
    summary: 'observe an interface: packets to flow records, OTLP and /metrics',
    operands: [],
    settings: 'probe',
    load: async () => (await import('./probe-command.ts')).probeCommand,
  },
  {
    name: 'node',
    summary: 'undo NAT in the records of the node’s probes from conntrack, and forward them; or observe all its pods',
    operands: [],
    settings: 'node',
    load: async () => (await import('./node-command.ts')).nodeCommand,
  },
  {
    name: 'enrich',
    summary: 'name both ends from the Kubernetes API and join their perspectives: ECS documents, counters, a map',
    operands: [],
    settings: 'enrich',
    load: async () => (await import('./enrich-command.ts')).enrichCommand,
  },
  {
    name: 'replay',
    summary: 'the same from a pcap or pcapng file',
    operands: ['FILE'],
    settings: 'replay',
    load: async () => (await import('./replay-command.ts')).replayCommand,
  },
  {
    name: 'evidence',
    summary: 'drops that VPC flow logs and the AWS network policy agent logged, as records beside those of the flows',
    operands: ['FILE…'],
    settings: 'evidence',
    load: async () => (await import('./evidence-command.ts')).evidenceCommand,
  },
  {
    name: 'demo',
    summary: 'a few pods in network namespaces, each with a probe, and a live page of their connections by name',
    operands: [],
    settings: 'demo',
    load: async () => (await import('./demo-command.ts')).demoCommand,
  },
  {
    name: 'demo-pod',
    summary: 'what the demo runs inside its pods: web, dns or client',
    operands: ['ROLE'],
    settings: undefined,
    load: async () => (await import('./demo-pod-command.ts')).demoPodCommand,
  },
  {
    name: 'explain',
    summary:
      'say why a connection is allowed or denied: which policies, which rule, what is missing; or list what failed',
    operands: [],
    settings: 'explain',
    load: async () => (await import('./explain-command.ts')).explainCommand,
  },
  {
    name: 'setup',
    summary: 'install the templates of the documents in elasticsearch, or show what would change',
    operands: ['TARGET'],
    settings: 'setup',
    load: async () => (await import('./setup-command.ts')).setupCommand,
  },
  {
    name: 'settings',
    summary: 'list every setting with its flag, environment name, form and default',
    operands: [],
    settings: 'settings',
    load: async () => (await import('./settings-command.ts')).settingsCommand,
  },
  {
    name: 'version',
    summary: 'print the version',
    operands: [],
    settings: undefined,
    load: async () => (await import('./version-command.ts')).versionCommand,
  },
  {
    name: 'help',
    summary: 'print this, or the help of the command named behind it',
    operands: [],
    settings: undefined,
    load: async () => (await import('./help-command.ts')).helpCommand,
  },
];

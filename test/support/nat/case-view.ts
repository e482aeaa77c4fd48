import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { POD_NAMES, PODS, type PodName } from '../service-network/cluster-plan.ts';
import type { NatCase } from './nat-cases.ts';
import type { NatRun } from './nat-run.ts';
import type { Conversation } from './nat-traffic.ts';
import type { MirrorSource } from './record-translation.ts';
import { toDeliveredText, toOriginalText } from './tuple-text.ts';

/** One case of a run with the records that belong to it, as one source of translations made them. */
export class CaseView {
  readonly natCase: NatCase;
  readonly conversations: readonly Conversation[];
  readonly #run: NatRun;
  readonly #source: MirrorSource;

  constructor(run: NatRun, source: MirrorSource, family: string, title: string) {
    const found = [...run.conversations].find(([natCase]) => natCase.family === family && natCase.title === title);
    if (found === undefined) throw new RangeError(`${title} was not run`);
    [this.natCase, this.conversations] = found;
    this.#run = run;
    this.#source = source;
  }

  /** The tuple that arrived: by the server's own socket, or where none took it by conntrack. */
  truth({ served, dialled }: Conversation): string {
    if (served !== undefined) return served;
    if (this.natCase.client === 'unresolved') return dialled;
    return this.#run.deliveredByConntrack(this.#clientNode, dialled)[0] ?? 'nothing';
  }

  /** What the client's node can know of where a connection went. */
  deliveredForClient(conversation: Conversation): string {
    return this.natCase.isTranslatedBeyondNode === true ? conversation.dialled : this.truth(conversation);
  }

  /** What the client's pod shows of what it dialled. */
  clientRecords(dialled: string): FlowRecord[] {
    return this.#run.records(this.#source, this.natCase.from as PodName, dialled);
  }

  /** What the server's pod shows of what arrived. */
  serverRecords(conversation: Conversation): FlowRecord[] {
    return this.#run.records(this.#source, this.#server(conversation), this.truth(conversation));
  }

  /** By the conntrack tool on the client's node. */
  deliveredByConntrack(dialled: string): string[] {
    return this.#run.deliveredByConntrack(this.#clientNode, dialled);
  }

  /** By the conntrack tool on the server's node. */
  dialledByConntrack(conversation: Conversation): string[] {
    return this.#run.dialledByConntrack(PODS[this.#server(conversation)].node, this.truth(conversation));
  }

  /** A row of the table: title, dialled, delivered, original at the server, state at the client, at the server. */
  toRow(): string {
    const { title, client, server } = this.natCase;
    const [conversation] = this.conversations;
    if (conversation === undefined) return title;
    const ofClient = client === undefined ? [] : this.clientRecords(conversation.dialled);
    const ofServer = server === undefined ? [] : this.serverRecords(conversation);
    const state = (records: readonly FlowRecord[]): string => records[0]?.natState ?? '–';
    const delivered = [...ofClient, ...ofServer].map(toDeliveredText).find(Boolean) ?? '–';
    const original = ofServer.map(toOriginalText).find(Boolean) ?? '–';
    return `| ${[title, conversation.dialled, delivered, original, state(ofClient), state(ofServer)].join(' | ')} |`;
  }

  get #clientNode(): 'node-a' | 'node-b' {
    const { from } = this.natCase;
    return from in PODS ? PODS[from as PodName].node : 'node-a';
  }

  #server(conversation: Conversation): PodName {
    const truth = this.truth(conversation);
    const leadsTo = (name: PodName): boolean => Object.values(PODS[name].address).some((end) => isTo(truth, end));
    const name = conversation.servedBy ?? POD_NAMES.find(leadsTo);
    if (name === undefined || !(name in PODS)) throw new RangeError(`${truth} leads to no pod`);
    return name as PodName;
  }
}

function isTo(tuple: string, address: string): boolean {
  const destination = tuple.split(' → ')[1] ?? '';
  return destination === address || destination.startsWith(`${address}:`) || destination.startsWith(`[${address}]:`);
}

import type { DropEvidence } from '../model/drop-evidence.ts';
import type { DropReason } from '../model/drop-reason.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import type { Resource } from '../model/resource.ts';
import { mergeRecord } from './merge-record.ts';
import { toDropEvidence } from './to-drop-evidence.ts';

/** Kept apart at most; what exceeds them adds to the last. */
const MOST_EVIDENCE = 8;

/** Who names the cause goes before who names the place, and both before who only says that it was dropped. */
const SPECIFICITY: Partial<Readonly<Record<DropReason, number>>> = {
  policy_agent_deny: 0,
  vpc_reject: 1,
  netfilter_drop: 2,
  reverse_path_filter: 3,
  checksum_error: 4,
  queue_full: 5,
  no_socket: 6,
  kernel_drop: 7,
};
const LEAST_SPECIFIC = 8;

/** What others than the observers of its packets tell of one connection in one interval. */
export class EvidenceSide {
  /** The first one; what further ones say was dropped is added to it. */
  readonly record: FlowRecord;
  readonly observer: Resource;
  /** `toEvidenceHash` of each. */
  readonly reports: number[] = [];
  readonly #list: DropEvidence[] = [];

  constructor(record: FlowRecord, observer: Resource) {
    this.record = record;
    this.observer = observer;
  }

  /** @param record of this connection and interval, and not added before */
  add(record: FlowRecord, observer: Resource, report: number): void {
    this.reports.push(report);
    this.#addToList(toDropEvidence(record, observer));
    if (record !== this.record) mergeRecord(this.record, record);
  }

  has(report: number): boolean {
    return this.reports.includes(report);
  }

  /** A number that is the same in whatever order they came. */
  get lowestReport(): number {
    return Math.min(...this.reports);
  }

  /** The most specific first. It is not changed any more when no further one is added. */
  toEvidence(): readonly DropEvidence[] {
    return this.#list.length < 2 ? this.#list : this.#list.toSorted(bySpecificity);
  }

  #addToList(told: DropEvidence): void {
    const list = this.#list;
    const same = list.findIndex((known) => isSame(known, told));
    if (same < 0 && list.length < MOST_EVIDENCE) return void list.push(told);
    const at = same < 0 ? MOST_EVIDENCE - 1 : same;
    const known = list[at]!;
    list[at] = { ...known, packets: known.packets + told.packets, bytes: known.bytes + told.bytes };
  }
}

function isSame(a: DropEvidence, b: DropEvidence): boolean {
  return a.source === b.source && a.reason === b.reason && a.detail === b.detail && a.nodeName === b.nodeName;
}

function bySpecificity(a: DropEvidence, b: DropEvidence): number {
  return (SPECIFICITY[a.reason] ?? LEAST_SPECIFIC) - (SPECIFICITY[b.reason] ?? LEAST_SPECIFIC);
}

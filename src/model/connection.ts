import type { FlowRecord, Verdict } from './flow-record.ts';
import type { DropEvidence } from './drop-evidence.ts';
import type { DropReason } from './drop-reason.ts';
import type { NamedEnd, NamedService } from './named-end.ts';
import type { PolicyFinding, PolicyJudgement } from './policy-judgement.ts';
import type { Resource } from './resource.ts';

/** Which ends' observers told of a connection's interval; `none`: only evidence of a drop did. */
export const PERSPECTIVES = ['both', 'client', 'server', 'none'] as const;
export type Perspectives = (typeof PERSPECTIVES)[number];

/**
 * Where a connection that failed was lost: the client's observer saw what the server's, which looks, did not (`to_server`);
 * the server's saw it, and no answer (`at_server`); it saw answers that the client's did not (`to_client`).
 */
export const DROP_PLACES = ['to_server', 'at_server', 'to_client'] as const;
export type DropPlace = (typeof DROP_PLACES)[number];

/**
 * One connection in one report interval: what its ends' observers told, joined, with both ends named. It becomes one
 * document. Like flow records it is reused: whoever gets one reads it at once, or has said until when it needs it.
 *
 * Source is the client, destination the server that answered: the resolved tuple, NAT undone.
 */
export interface Connection {
  /** The Community ID that both perspectives share: of the delivered tuple. Its trace id routes it. */
  readonly joinId: string;
  /** Start of the report interval, milliseconds since the Unix epoch, a multiple of its length. */
  readonly intervalStartMs: number;
  /**
   * 0, or a number that tells a further report of the same tuple and interval from the first one, which had gone out: the
   * tuple was used again, or evidence of a drop stands alone. All count, and each is a document.
   */
  readonly part: number;
  readonly perspectives: Perspectives;
  /**
   * The perspective whose counters stand: the client's, else the server's. Several reports of it are summed. Where
   * there is none it is the evidence, which counted no traffic.
   */
  readonly record: FlowRecord;
  /** The server's perspective, where both were seen. */
  readonly serverRecord: FlowRecord | undefined;
  /** Who observed `record`. */
  readonly observer: Resource;
  readonly source: NamedEnd;
  readonly sourcePort: number | undefined;
  readonly destination: NamedEnd;
  readonly destinationPort: number | undefined;
  /** The Service that the client dialled, or the only one that the server stands behind. */
  readonly service: NamedService | undefined;
  /** What the client dialled, where that is not the destination. */
  readonly dialledAddress: string | undefined;
  readonly dialledPort: number | undefined;
  /** The client as the server sees it, where that is not the source (masquerade). */
  readonly translatedSourceAddress: string | undefined;
  readonly translatedSourcePort: number | undefined;
  /** Community ID v1 of the resolved tuple. */
  readonly communityId: string;
  readonly verdict: Verdict;
  readonly dropReason: DropReason | undefined;
  /** Told of connections that failed, as far as both ends are observed. */
  readonly dropPlace: DropPlace | undefined;
  /**
   * What others than the observers of its packets say of drops; mostly empty. The most specific is first: where evidence
   * gives the reason, it is that one's. A list that is never changed afterwards.
   */
  readonly evidence: readonly DropEvidence[];
  /** What the policies say of it; undefined where none are known. Evidence and judgement are kept apart. */
  readonly judgement: PolicyJudgement | undefined;
  /** Where both together are worth a look. */
  readonly finding: PolicyFinding | undefined;
  /** Flows that began in the interval: a tuple may be used several times. */
  readonly flowsBegun: number;
  /**
   * What the client sent and the server did not see, and the way back; where both were seen, else undefined. Below 0
   * when packets that were on their way at the end of the last interval arrived in this one: sums over time are right.
   */
  readonly lostPackets: number | undefined;
  readonly lostBytes: number | undefined;
  readonly reverseLostPackets: number | undefined;
  readonly reverseLostBytes: number | undefined;
}

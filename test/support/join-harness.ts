import { ConnectionJoin, type ConnectionJoinOptions } from '../../src/stitch/connection-join.ts';
import type { Connection } from '../../src/model/connection.ts';
import type { ConnectionOutput, DeliveryOutcome } from '../../src/model/connection-output.ts';
import type { EndKind, EndResolver, NamedEnd } from '../../src/model/named-end.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import type { Resource } from '../../src/model/resource.ts';

const TAKEN: DeliveryOutcome = { kind: 'taken', alreadyStored: undefined };
const NOBODY: Resource = new Map();

/** What of a connection is still there after it was reused. */
export type SeenConnection = Readonly<Omit<Connection, 'record' | 'serverRecord'>> & {
  readonly record: FlowRecord;
  readonly serverRecord: FlowRecord | undefined;
};

/** Names addresses by a table; those that it does not know are pods. */
export function createResolver(kinds: Readonly<Record<string, EndKind>> = {}): EndResolver {
  return {
    resolveEnd: (address) => ({ kind: kinds[address] ?? 'pod', address }) as NamedEnd,
    resolveService: () => undefined,
    resolveEndpointService: () => undefined,
  };
}

/** An output that answers as it is told. */
export function createOutput(
  answer: (batch: readonly Connection[]) => DeliveryOutcome | Promise<DeliveryOutcome>,
): ConnectionOutput {
  return {
    name: 'told',
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    deliver: async (batch) => answer(batch),
  };
}

/** A join with an output that keeps what it was given and answers as it is told, and a clock that stands still. */
export class JoinHarness {
  nowMs = 0;
  /** Every batch that the output got. */
  readonly delivered: SeenConnection[] = [];
  /** What the sinks got. */
  readonly counted: SeenConnection[] = [];
  /** Answers of the output in order; `taken` when there are no more. */
  readonly answers: ((batch: readonly Connection[]) => DeliveryOutcome | Promise<DeliveryOutcome>)[] = [];
  readonly join: ConnectionJoin;

  /** @param others outputs beside the one that keeps what it is given */
  constructor(options: Partial<ConnectionJoinOptions> = {}, ...others: readonly ConnectionOutput[]) {
    const output = createOutput(async (batch) => {
      this.delivered.push(...batch.map(copy));
      return (await this.answers.shift()?.(batch)) ?? TAKEN;
    });
    this.join = new ConnectionJoin({
      resolver: createResolver(),
      outputs: [output, ...others],
      sinks: [{ accept: (batch) => void this.counted.push(...batch.map(copy)) }],
      nowMs: () => this.nowMs,
      ...options,
    });
    this.join.start();
  }

  send(...records: FlowRecord[]): ReturnType<ConnectionJoin['join']> {
    return this.sendFrom(NOBODY, ...records);
  }

  sendFrom(observer: Resource, ...records: FlowRecord[]): ReturnType<ConnectionJoin['join']> {
    return this.join.join(
      records,
      records.map(() => observer),
    );
  }

  /** received = joined + unjoined + sent back + held: what is missing on the right, 0 when it is true. */
  missingRecords(): number {
    const { receivedRecords, joinedRecords, unjoinedRecords, sentBackRecords, heldRecords } = this.join.counters();
    const unjoined = Object.values(unjoinedRecords).reduce((sum, count) => sum + count, 0);
    return receivedRecords - joinedRecords - unjoined - sentBackRecords - heldRecords;
  }

  stop(): Promise<void> {
    return this.join.stop({ remainingMs: () => 1_000 });
  }
}

function copy(connection: Connection): SeenConnection {
  return {
    joinId: connection.joinId,
    intervalStartMs: connection.intervalStartMs,
    part: connection.part,
    perspectives: connection.perspectives,
    record: { ...connection.record },
    serverRecord: connection.serverRecord === undefined ? undefined : { ...connection.serverRecord },
    observer: connection.observer,
    source: connection.source,
    sourcePort: connection.sourcePort,
    destination: connection.destination,
    destinationPort: connection.destinationPort,
    service: connection.service,
    dialledAddress: connection.dialledAddress,
    dialledPort: connection.dialledPort,
    translatedSourceAddress: connection.translatedSourceAddress,
    translatedSourcePort: connection.translatedSourcePort,
    communityId: connection.communityId,
    verdict: connection.verdict,
    dropReason: connection.dropReason,
    dropPlace: connection.dropPlace,
    evidence: connection.evidence,
    judgement: connection.judgement,
    finding: connection.finding,
    flowsBegun: connection.flowsBegun,
    lostPackets: connection.lostPackets,
    lostBytes: connection.lostBytes,
    reverseLostPackets: connection.reverseLostPackets,
    reverseLostBytes: connection.reverseLostBytes,
  };
}

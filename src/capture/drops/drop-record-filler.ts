import { randomBytes } from 'node:crypto';
import { createFlowRecord } from '../../lib/create-flow-record.ts';
import { resetFlowRecord } from '../../lib/reset-flow-record.ts';
import type { FlowRecord } from '../../model/flow-record.ts';
import { IP_PROTOCOL, toTransportName } from '../../model/ip-protocol.ts';
import { FIRST_SYN, TCP_FLAGS_MASK } from './drop-layout.ts';
import { toDropReason } from './drop-reason-group.ts';
import type { DropSum } from './drop-sum.ts';

/** Where a drop happened, as far as it is known. */
export interface DropPlace {
  readonly interfaceName: string;
  readonly podUid: string | undefined;
}

/** Makes evidence records of sums; see `DropEvidence`. The records are reused. */
export class DropRecordFiller {
  readonly #prefix = randomBytes(6).toString('hex');
  readonly #records: FlowRecord[] = [];
  #serial = 0;

  /** Records made so far. */
  get count(): number {
    return this.#serial;
  }

  /** @param name the kernel's word for the reason, without its prefix */
  fill(index: number, sum: DropSum, name: string, place: DropPlace | undefined): FlowRecord {
    const record = (this.#records[index] ??= createFlowRecord());
    resetFlowRecord(record);
    record.flowId = `${this.#prefix}-${this.#serial++}`;
    record.event = 'update';
    record.interfaceName = place?.interfaceName ?? '';
    record.podUid = place?.podUid;
    fillTuple(record, sum);
    record.startNs = sum.firstNs;
    record.endNs = sum.lastNs;
    record.initiator = (sum.tcpFlags & FIRST_SYN) !== 0 ? 'syn' : 'guess';
    record.tcpFlags = sum.protocol === IP_PROTOCOL.tcp ? sum.tcpFlags & TCP_FLAGS_MASK : undefined;
    record.verdict = 'dropped';
    record.dropReason = toDropReason(name);
    record.dropDetail = name;
    record.dropPackets = sum.packets;
    record.dropBytes = sum.bytes;
    record.evidence = 'kernel';
    return record;
  }
}

function fillTuple(record: FlowRecord, sum: DropSum): void {
  record.communityId = sum.communityId;
  record.sourceAddress = sum.sourceAddress;
  record.sourcePort = sum.sourcePort;
  record.destinationAddress = sum.destinationAddress;
  record.destinationPort = sum.destinationPort;
  record.icmpType = sum.icmpType;
  record.icmpCode = sum.icmpCode;
  record.transport = toTransportName(sum.protocol);
  record.protocolNumber = sum.protocol;
  record.networkType = sum.networkType;
}

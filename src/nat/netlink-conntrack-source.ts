import { setImmediate as nextTurn } from 'node:timers/promises';
import { koffi, libc } from '../lib/libc.ts';
import { PodflowError } from '../lib/podflow-error.ts';
import type { ConntrackEventKind } from '../model/conntrack-counters.ts';
import { ConntrackEntry } from './conntrack-entry.ts';
import type { ConntrackEvents, ConntrackSource, DumpOutcome } from './conntrack-source.ts';
import { CT_GROUP, CT_MESSAGE, NLM_F, NLMSG, NLMSG_HEADER_BYTES } from './ctnetlink.ts';
import { CtnetlinkSocket, toErrnoName } from './ctnetlink-socket.ts';
import { decodeConntrackMessage } from './decode-conntrack-message.ts';
import { DumpReader } from './dump-reader.ts';
import { EventReader } from './event-reader.ts';
import { type MessageTaker, readMessages } from './read-messages.ts';

export interface NetlinkSourceOptions {
  /** Network namespace whose entries are read; undefined for the own one. */
  readonly namespacePath: string | undefined;
  /** Kernel memory for events that wait to be read; taken only by what waits. */
  readonly receiveBufferBytes: number;
}

const BUSY_POLL_MS = 20;
const IDLE_POLL_MS = 100;
/** Polls without an event after which it is idle. */
const IDLE_AFTER_POLLS = 10;
/** Of one turn of the event loop. */
const BUDGET_MS = 4;
const MSG_DONTWAIT = 0x40;

/**
 * Hears of conntrack entries by ctnetlink: NEW and DESTROY events, polled, and dumps through a socket of their own.
 * UPDATE is not asked for, since the translation is fixed before NEW is sent (nf_conntrack_confirm).
 *
 * Polling costs less than being woken for each event: one recvmmsg brings up to 256 of them.
 */
export class NetlinkConntrackSource implements ConntrackSource {
  readonly name = 'netlink';
  readonly #options: NetlinkSourceOptions;
  readonly #entry = new ConntrackEntry();
  readonly #time = { fromMs: 0, toMs: 0 };
  #session: Session | undefined;
  #toldUntilMs = -Infinity;

  constructor(options: NetlinkSourceOptions) {
    this.#options = options;
  }

  get toldUntilMs(): number {
    return this.#toldUntilMs;
  }

  /** @throws PodflowError CONNTRACK_UNAVAILABLE or NAMESPACE_NOT_FOUND */
  async start(events: ConntrackEvents): Promise<void> {
    await this.stop();
    const { namespacePath, receiveBufferBytes } = this.#options;
    const dumpSocket = new CtnetlinkSocket(namespacePath, 0);
    try {
      checkAccess(dumpSocket);
      const socket = new CtnetlinkSocket(namespacePath, CT_GROUP.new | CT_GROUP.destroy, receiveBufferBytes);
      const reader = new EventReader(socket.fd);
      const take = this.#createTaker(reader.bytes, events);
      this.#session = new Session([socket, dumpSocket], reader, new DumpReader(dumpSocket), events, take);
    } catch (error) {
      dumpSocket.close();
      throw error;
    }
    this.#toldUntilMs = performance.now();
    this.#poll(this.#session);
  }

  async dump(take: (entry: ConntrackEntry) => void): Promise<DumpOutcome> {
    const session = this.#session;
    if (session === undefined) return 'failed';
    const outcome = await session.dumpReader.read(
      { take, malformed: () => session.events.malformed() },
      session.abort.signal,
    );
    return session === this.#session ? outcome : 'failed';
  }

  async settle(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    // What waits may be more than fits into one turn; the socket must once have been seen empty.
    while (!this.#read(session, BUDGET_MS)) {
      await nextTurn();
      if (session !== this.#session) return;
    }
  }

  catchUp(budgetMs: number): void {
    if (this.#session !== undefined) this.#read(this.#session, budgetMs);
  }

  async stop(): Promise<void> {
    this.#session?.close();
    this.#session = undefined;
  }

  #poll(session: Session): void {
    if (session !== this.#session) return;
    const isEmpty = this.#read(session, BUDGET_MS);
    if (session !== this.#session) return;
    if (!isEmpty) {
      setImmediate(() => this.#poll(session));
      return;
    }
    const isIdle = session.emptyPolls >= IDLE_AFTER_POLLS;
    session.timer = setTimeout(() => this.#poll(session), isIdle ? IDLE_POLL_MS : BUSY_POLL_MS).unref();
  }

  /** Tells events until the socket is empty (true) or the budget is used up. */
  #read(session: Session, budgetMs: number): boolean {
    const startMs = performance.now();
    this.#time.fromMs = this.#toldUntilMs;
    this.#time.toMs = startMs;
    session.emptyPolls++;
    for (;;) {
      const beforeMs = performance.now();
      switch (session.reader.read()) {
        case 'empty':
          this.#toldUntilMs = beforeMs;
          return true;
        case 'overrun':
          session.events.lost();
          break;
        case 'failed':
          session.events.failed(`recvmmsg: ${toErrnoName(koffi.errno())}`);
          return true;
        default:
          session.emptyPolls = 0;
          this.#time.toMs = performance.now();
          this.#tell(session);
      }
      if (performance.now() - startMs >= budgetMs) return false;
    }
  }

  #tell({ reader, events, take }: Session): void {
    for (let message = 0; message < reader.count; message++) {
      const end = reader.endOf(message);
      if (end === undefined || !readMessages(reader.bytes, reader.startOf(message), end, take)) events.malformed();
    }
  }

  #createTaker(bytes: Buffer, events: ConntrackEvents): MessageTaker {
    return (type, flags, _sequence, at, end) => {
      const kind = toEventKind(type, flags);
      if (kind === undefined) return true;
      if (decodeConntrackMessage(bytes, at, end, this.#entry)) events.event(kind, this.#entry, this.#time);
      else events.malformed();
      return true;
    };
  }
}

/** One start of the source, with all that ends at its stop. */
class Session {
  readonly reader: EventReader;
  readonly dumpReader: DumpReader;
  readonly events: ConntrackEvents;
  readonly take: MessageTaker;
  readonly abort = new AbortController();
  readonly #sockets: readonly CtnetlinkSocket[];
  timer: NodeJS.Timeout | undefined;
  emptyPolls = 0;

  constructor(
    sockets: readonly CtnetlinkSocket[],
    reader: EventReader,
    dumpReader: DumpReader,
    events: ConntrackEvents,
    take: MessageTaker,
  ) {
    this.#sockets = sockets;
    this.reader = reader;
    this.dumpReader = dumpReader;
    this.events = events;
    this.take = take;
  }

  close(): void {
    clearTimeout(this.timer);
    this.abort.abort();
    for (const socket of this.#sockets) socket.close();
  }
}

function toEventKind(type: number, flags: number): ConntrackEventKind | undefined {
  if (type === CT_MESSAGE.delete) return 'destroy';
  if (type !== CT_MESSAGE.new) return undefined;
  return (flags & (NLM_F.create | NLM_F.excl)) === 0 ? 'update' : 'new';
}

/** @throws PodflowError CONNTRACK_UNAVAILABLE where the kernel refuses what it would refuse a dump for */
function checkAccess(socket: CtnetlinkSocket): void {
  const errno = socket.request(CT_MESSAGE.getStats, 0) === undefined ? koffi.errno() : readRefusal(socket);
  if (errno !== 0) throw new PodflowError('CONNTRACK_UNAVAILABLE', { source: 'netlink', reason: toErrnoName(errno) });
}

/** The errno of an answer, 0 where it is none; the kernel has answered when `send` is back. */
function readRefusal({ fd }: CtnetlinkSocket): number {
  const answer = Buffer.alloc(256);
  const length = Number(libc.recv(fd, answer, answer.length, MSG_DONTWAIT));
  if (length < 0) return koffi.errno();
  return answer.readUInt16LE(4) === NLMSG.error ? -answer.readInt32LE(NLMSG_HEADER_BYTES) : 0;
}

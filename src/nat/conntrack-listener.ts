import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ConntrackEntry } from './conntrack-entry.ts';
import type { ConntrackEvents } from './conntrack-source.ts';
import { NETLINK_NETFILTER } from './ctnetlink.ts';
import { forEachLine } from './for-each-line.ts';
import type { AddressParser } from './parse-address.ts';
import { parseConntrackLine } from './parse-conntrack-line.ts';

/** An event passes through the program and a pipe; its stamp is of when the program got it. */
export const LAG_MS = 100;
const LISTEN_TIMEOUT_MS = 2_000;
const LISTEN_POLL_MS = 5;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5_000;
const MAX_RESTARTS = 6;
/** A program that ran this long was not broken from the beginning. */
const HEALTHY_MS = 10_000;
const MAX_STDERR = 500;

/** One life of the program. */
interface Run {
  readonly startMs: number;
  /** Why it does not listen; undefined when it does. */
  readonly problem: string | undefined;
  /** Resolves at its end with what it said. */
  readonly ended: Promise<string>;
}

/** Keeps `conntrack -E` running and tells what it prints, until it is closed. */
export class ConntrackListener {
  readonly events: ConntrackEvents;
  readonly #spawn: () => ChildProcess;
  readonly #addresses: AddressParser;
  readonly #entry = new ConntrackEntry();
  readonly #time = { fromMs: 0, toMs: 0 };
  readonly #children = new Set<ChildProcess>();
  #listening: Promise<Run> | undefined;
  #restarts = 0;
  #isClosed = false;

  constructor(spawn: () => ChildProcess, addresses: AddressParser, events: ConntrackEvents) {
    this.#spawn = spawn;
    this.#addresses = addresses;
    this.events = events;
  }

  /** Resolves when the program listens, or with the reason why it does not. */
  async start(): Promise<string | undefined> {
    this.#listening = this.#run();
    const run = await this.#listening;
    if (run.problem === undefined) void this.#follow(run);
    return run.problem;
  }

  /** Resolves when the program listens again, should it have ended. */
  async whenListening(): Promise<void> {
    await this.#listening;
  }

  /** A child that ends with the listener. */
  own(child: ChildProcess): void {
    this.#children.add(child);
    child.on('close', () => this.#children.delete(child));
    if (this.#isClosed) child.kill('SIGKILL');
  }

  close(): void {
    this.#isClosed = true;
    for (const child of this.#children) child.kill('SIGKILL');
  }

  async #follow(run: Run): Promise<void> {
    await run.ended;
    if (this.#isClosed) return;
    if (performance.now() - run.startMs > HEALTHY_MS) this.#restarts = 0;
    const again = this.#restart();
    this.#listening = again;
    this.events.lost();
    const next = await again;
    if (this.#isClosed) return;
    if (next.problem === undefined) void this.#follow(next);
    else this.events.failed(next.problem);
  }

  async #restart(): Promise<Run> {
    for (;;) {
      await delay(Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#restarts));
      this.#restarts++;
      const run = await this.#run();
      if (run.problem === undefined || this.#isClosed || this.#restarts >= MAX_RESTARTS) return run;
    }
  }

  async #run(): Promise<Run> {
    const child = this.#spawn();
    this.own(child);
    let said = '';
    forEachLine(child.stdout, (line) => this.#take(line));
    forEachLine(child.stderr, (line) => {
      said = `${said} ${line}`.slice(0, MAX_STDERR);
      if (line.includes('ENOBUFS') && !this.#isClosed) this.events.lost();
    });
    const ended = untilEnded(child).then((reason) => `${reason}:${said}`);
    const startMs = performance.now();
    const problem = await Promise.race([ended, untilListening(child)]);
    return { startMs, problem, ended };
  }

  #take(line: string): void {
    if (this.#isClosed) return;
    const kind = parseConntrackLine(line, this.#entry, this.#addresses);
    if (kind === undefined || kind === 'entry') return this.events.malformed();
    const nowMs = performance.now();
    // The stamp is on the wall clock, and tells when the line was made; the kernel's own are not printed.
    const stampMs = this.#entry.eventNs === 0 ? nowMs : this.#entry.eventNs / 1e6 - Date.now() + nowMs;
    this.#entry.eventNs = 0;
    this.#time.fromMs = Math.min(stampMs, nowMs) - LAG_MS;
    this.#time.toMs = nowMs;
    this.events.event(kind, this.#entry, this.#time);
  }
}

/** Why the process ended, in words. */
async function untilEnded(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(`conntrack ended with ${signal ?? code}`));
  });
}

/** Resolves when the process listens to conntrack events, or when that could not be told in time. */
async function untilListening(child: ChildProcess): Promise<undefined> {
  const untilMs = performance.now() + LISTEN_TIMEOUT_MS;
  while (performance.now() < untilMs && child.exitCode === null && !hasListeningSocket(child.pid ?? 0))
    await delay(LISTEN_POLL_MS);
  // Its last words come after its end.
  if (child.exitCode !== null) await delay(LISTEN_TIMEOUT_MS, undefined, { ref: false });
  return undefined;
}

/**
 * Whether a process holds a netfilter netlink socket with groups. /proc/PID/net/netlink lists the sockets of its
 * namespace: address, protocol, port, groups (hexadecimal), …, inode.
 */
function hasListeningSocket(pid: number): boolean {
  try {
    const rows = readFileSync(`/proc/${pid}/net/netlink`, 'latin1').split('\n');
    const listening = rows.flatMap((row) => {
      const columns = row.trim().split(/\s+/);
      const isListening = Number(columns[1]) === NETLINK_NETFILTER && Number.parseInt(columns[3] ?? '', 16) > 0;
      return isListening ? [`socket:[${columns.at(-1)}]`] : [];
    });
    const fds = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    return fds.some((target) => listening.includes(target));
  } catch {
    return false;
  }
}

import { readdirSync, statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { checked, libc } from '../../lib/libc.ts';
import { PodflowError } from '../../lib/podflow-error.ts';
import type { Link } from '../interface/decode-link.ts';
import { isObservedWithin, isPaired } from './interface-choice.ts';
import { listNamespaceLinks, type NamespaceLinks } from './namespace-links.ts';
import {
  isStillThere,
  listProcessNamespaces,
  readNamespaceName,
  type ProcessNamespace,
} from './list-process-namespaces.ts';

/** fcntl.h */
const O_RDONLY_CLOEXEC = 0o2000000;
const OWN_NAMESPACE = '/proc/self/ns/net';
/** Namespaces entered between two turns of the event loop: about 1 ms. */
const SLICE = 8;

/** The pod's end of an interface of the host. */
export interface PodEnd {
  readonly interfaceName: string;
  readonly podUid: string | undefined;
}

/** An interface that is observed within its pod's network namespace. */
export interface InnerInterface {
  /** Tells it from all others while the namespace lives. */
  readonly key: string;
  readonly ifindex: number;
  readonly interfaceName: string;
  readonly namespace: ProcessNamespace;
}

/** What is known of the network namespace of a pod. */
export interface PodNamespace {
  readonly podUid: string | undefined;
  /** The pod's own name of its interface, or of the first of several; empty where it could not be looked at. */
  readonly interfaceName: string;
}

export interface Discovery {
  /** By the index of the host's end. */
  readonly podEnds: ReadonlyMap<number, PodEnd>;
  /** By key. */
  readonly inner: ReadonlyMap<string, InnerInterface>;
  /**
   * By inode: those with an interface that leads to the host or is observed within, and those of processes that are a
   * pod's by their control group, whether or not they may be entered.
   */
  readonly podNamespaces: ReadonlyMap<number, PodNamespace>;
  readonly forbiddenProcesses: number;
  readonly forbiddenNamespaces: number;
}

/** A namespace as it was when it was last entered. */
interface Known extends NamespaceLinks {
  readonly pid: number;
}

/**
 * Finds the pods behind interfaces by /proc: enters each network namespace that processes live in and looks which of
 * its interfaces lead to the host's. The container runtime (CRI) is not asked; what it knows beyond this, the pod's
 * name, comes from the API server later.
 */
export class PodDiscovery {
  readonly #procPath: string;
  readonly #hostName: string;
  /** Where podflow runs and where the first process does, if not at the host: no pods, whatever devices they have. */
  readonly #noPods: ReadonlySet<string | undefined | null>;
  readonly #hostDescriptor: number;
  #namespaces: ReadonlyMap<string, ProcessNamespace> = new Map();
  readonly #known = new Map<string, Known>();

  /**
   * @param namespacePath the host's network namespace, undefined for podflow's own
   * @throws PodflowError when there is no /proc at `procPath` or no namespace at `namespacePath`
   */
  constructor(procPath: string, namespacePath: string = OWN_NAMESPACE) {
    this.#procPath = procPath;
    checkProc(procPath);
    this.#hostDescriptor = checked(
      libc.open(namespacePath, O_RDONLY_CLOEXEC),
      `open(${namespacePath})`,
      'Give the path of the network namespace of the node.',
    );
    this.#hostName = `net:[${statSync(namespacePath).ino}]`;
    this.#noPods = new Set([`net:[${statSync(OWN_NAMESPACE).ino}]`, readNamespaceName(procPath, 1)]);
  }

  /**
   * Looks through all processes, a slice at a time.
   * @param isFull enters every namespace anew, else only those that are new or had no interface to the host
   */
  async scan(isFull: boolean): Promise<Discovery> {
    const { namespaces, forbidden } = await listProcessNamespaces(this.#procPath, this.#hostName, this.#namespaces);
    this.#namespaces = namespaces;
    for (const name of this.#known.keys()) if (!namespaces.has(name)) this.#known.delete(name);
    const forbiddenNamespaces = await this.#enterAll(isFull);
    const podNamespaces = this.#describeNamespaces();
    return { ...this.#describe(), podNamespaces, forbiddenProcesses: forbidden, forbiddenNamespaces };
  }

  /** Whether the process by which a namespace was found has left it or ended. */
  hasLost(namespace: ProcessNamespace): boolean {
    return !isStillThere(this.#namespaces.get(namespace.name) ?? namespace);
  }

  close(): void {
    libc.close(this.#hostDescriptor);
  }

  async #enterAll(isFull: boolean): Promise<number> {
    let entered = 0;
    let forbidden = 0;
    for (const namespace of this.#namespaces.values()) {
      const known = this.#known.get(namespace.name);
      if (!isFull && known?.pid === namespace.pid && known.hostId !== undefined) continue;
      const links = listNamespaceLinks(namespace.path, this.#hostDescriptor);
      if (links !== undefined) this.#known.set(namespace.name, { ...links, pid: namespace.pid });
      else if (!this.hasLost(namespace)) forbidden++;
      if (++entered % SLICE === 0) await nextTurn();
    }
    return forbidden;
  }

  #describe(): Pick<Discovery, 'podEnds' | 'inner'> {
    const podEnds = new Map<number, PodEnd>();
    const inner = new Map<string, InnerInterface>();
    for (const [name, { links, hostId }] of this.#known) {
      const namespace = this.#namespaces.get(name);
      if (namespace === undefined) continue;
      for (const link of links) {
        const hostIfindex = toHostIfindex(link, hostId);
        if (hostIfindex !== undefined)
          podEnds.set(hostIfindex, { interfaceName: link.name, podUid: namespace.pod?.podUid });
        else if (!this.#noPods.has(name) && isObservedWithin(link, hostId)) {
          const key = `${name}/${link.ifindex}`;
          inner.set(key, { key, ifindex: link.ifindex, interfaceName: link.name, namespace });
        }
      }
    }
    return { podEnds, inner };
  }

  #describeNamespaces(): Map<number, PodNamespace> {
    const found = new Map<number, PodNamespace>();
    for (const [name, { pod }] of this.#namespaces) {
      const known = this.#known.get(name);
      const isOuter = (link: Link): boolean =>
        toHostIfindex(link, known?.hostId) !== undefined ||
        (!this.#noPods.has(name) && isObservedWithin(link, known?.hostId));
      const link = known?.links.find(isOuter);
      if (link !== undefined || pod !== undefined)
        found.set(toInode(name), { podUid: pod?.podUid, interfaceName: link?.name ?? '' });
    }
    return found;
  }
}

/** `net:[4026531840]` → 4026531840. */
function toInode(name: string): number {
  return Number(name.slice(name.indexOf('[') + 1, -1));
}

/** Index of the host's end of a pair, when that is where it leads. */
function toHostIfindex(link: Link, hostId: number | undefined): number | undefined {
  return isPaired(link) && link.lowerNamespaceId !== undefined && link.lowerNamespaceId === hostId
    ? link.lowerIfindex
    : undefined;
}

function checkProc(procPath: string): void {
  try {
    readdirSync(`${procPath}/self`);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new PodflowError(
      'SYSTEM_CALL_FAILED',
      { call: `reading ${procPath}`, errno: reason, hint: 'Mount the /proc of the node there (hostPID does).' },
      error,
    );
  }
}

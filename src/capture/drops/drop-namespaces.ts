import { statSync } from 'node:fs';
import { PodDiscovery, type PodNamespace } from '../node/pod-discovery.ts';

/** A namespace that is no pod's is looked at anew after so many scans: its inode may be another's by then. */
const REFUSED_SCANS = 6;
const OWN_NAMESPACE = '/proc/self/ns/net';

/** How the kernel's program is told of namespaces. */
export interface NamespaceJudge {
  judgeNamespace(inode: number, isWanted: boolean): boolean;
  forgetNamespace(inode: number): void;
}

/**
 * Whose drops are told: those of the node's own network namespace and of its pods. The program counts for a namespace
 * that it was not told of as well, so that nothing of a new pod is missed; whether it is one is looked up when its first
 * drops were read, and if it is not, the program is told to skip it for a while.
 */
export class DropNamespaces {
  readonly #judge: NamespaceJudge;
  readonly #hostInode: number;
  readonly #discovery: PodDiscovery;
  #pods: ReadonlyMap<number, PodNamespace> = new Map();
  /** Scans since each was refused. */
  readonly #unwanted = new Map<number, number>();

  /** @throws PodflowError when there is no /proc at `procPath` or no namespace at `namespacePath` */
  constructor(judge: NamespaceJudge, procPath: string, namespacePath: string = OWN_NAMESPACE) {
    this.#judge = judge;
    this.#discovery = new PodDiscovery(procPath, namespacePath);
    this.#hostInode = statSync(namespacePath).ino;
    judge.judgeNamespace(this.#hostInode, true);
  }

  get count(): number {
    return this.#pods.size + 1;
  }

  isWanted(inode: number): boolean {
    return inode === this.#hostInode || this.#pods.has(inode);
  }

  /** Whether a namespace was neither found by the last scan nor judged since. */
  isUnknown(inode: number): boolean {
    return !this.isWanted(inode) && !this.#unwanted.has(inode);
  }

  podOf(inode: number): PodNamespace | undefined {
    return this.#pods.get(inode);
  }

  /** Has the program skip a namespace for a while. */
  refuse(inode: number): void {
    this.#unwanted.set(inode, 0);
    this.#judge.judgeNamespace(inode, false);
  }

  /** Looks which pods there are. */
  async scan(): Promise<void> {
    const { podNamespaces } = await this.#discovery.scan(false);
    for (const [inode, scans] of this.#unwanted) {
      if (scans < REFUSED_SCANS && !podNamespaces.has(inode)) this.#unwanted.set(inode, scans + 1);
      else this.#forget(inode);
    }
    for (const inode of this.#pods.keys()) if (!podNamespaces.has(inode)) this.#judge.forgetNamespace(inode);
    for (const inode of podNamespaces.keys()) if (!this.#pods.has(inode)) this.#judge.judgeNamespace(inode, true);
    this.#pods = podNamespaces;
  }

  #forget(inode: number): void {
    this.#unwanted.delete(inode);
    this.#judge.forgetNamespace(inode);
  }

  close(): void {
    this.#discovery.close();
  }
}

/** What a whole-node capture counts beside frames, since it started unless said otherwise. */
export interface NodeCaptureCounters {
  /** Interfaces observed now: host-side ends of pods, interfaces within pods, uplinks of the node. */
  readonly observedInterfaces: { readonly host: number; readonly pod: number; readonly uplink: number };
  /** Of those observed now, the ones whose pod is not known: records have no pod UID, and the host's name of it. */
  readonly unnamedInterfaces: number;
  /** Interfaces that ought to be observed and could not be. */
  readonly attachFailures: number;
  /** Frames that interfaces made while we looked had carried before they were observed. */
  readonly framesBeforeAttach: number;
  /** Frames of interfaces that are gone, which passed after their counters were read for the last time. */
  readonly framesAfterLastRead: number;
  /** Times the kernel had to leave out link events, after which all links were listed anew. */
  readonly linkEventOverruns: number;
  /** Scans for the network namespaces of processes. */
  readonly namespaceScans: number;
  /** Processes whose namespace may not be looked at, and namespaces that may not be entered, in the last scan. */
  readonly forbiddenProcesses: number;
  readonly forbiddenNamespaces: number;
}

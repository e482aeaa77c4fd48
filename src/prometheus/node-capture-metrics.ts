import type { Registry } from 'prom-client';
import type { NodeCaptureCounters } from '../model/node-capture-counters.ts';
import { METRICS } from './metric-list.ts';
import { registerGroup } from './register-group.ts';

/** Shows what a whole-node capture looks at, and what it could not. */
export function registerNodeCaptureMetrics(registry: Registry, read: () => NodeCaptureCounters): void {
  const { captureInterfaces, captureUnnamedInterfaces, captureAttachFailures, captureUnmeasuredFrames } = METRICS;
  const { captureLinkEventOverruns, captureNamespaceScans, captureForbidden } = METRICS;
  const interfaces = [captureInterfaces, captureUnnamedInterfaces, captureAttachFailures, captureUnmeasuredFrames];
  const discovery = [captureLinkEventOverruns, captureNamespaceScans, captureForbidden];
  registerGroup(registry, [...interfaces, ...discovery], (report) => {
    const counters = read();
    for (const [kind, count] of Object.entries(counters.observedInterfaces)) report(captureInterfaces, { kind }, count);
    report(captureUnnamedInterfaces, {}, counters.unnamedInterfaces);
    report(captureAttachFailures, {}, counters.attachFailures);
    report(captureUnmeasuredFrames, { when: 'before_attach' }, counters.framesBeforeAttach);
    report(captureUnmeasuredFrames, { when: 'after_last_read' }, counters.framesAfterLastRead);
    report(captureLinkEventOverruns, {}, counters.linkEventOverruns);
    report(captureNamespaceScans, {}, counters.namespaceScans);
    report(captureForbidden, { what: 'process' }, counters.forbiddenProcesses);
    report(captureForbidden, { what: 'namespace' }, counters.forbiddenNamespaces);
  });
}

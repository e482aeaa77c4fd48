import type { FlowRecord } from '../../model/flow-record.ts';
import type { EndText } from './end-text.ts';
import { toFlatJson } from './flat-json.ts';
import { toJsonText } from './json-text.ts';
import type { ObserverText } from './observer-text.ts';

/** The last text about who observed an end: nearly always it is one observer on one interface. */
export interface Observation {
  observer: ObserverText | undefined;
  interfaceName: string;
  podUid: string | undefined;
  text: string;
}

export function createObservation(): Observation {
  return { observer: undefined, interfaceName: '', podUid: undefined, text: '' };
}

/**
 * Who looked, on which host, at which pod: `,"agent":{…},"observer":{…},"host":{…},"cloud":{…},"orchestrator":{…}`.
 *
 * @param end the end at which the record was observed
 */
export function toObservationText(record: FlowRecord, observer: ObserverText, end: EndText): string {
  const { observation } = end;
  const { interfaceName, podUid } = record;
  const isSame =
    observation.observer === observer && observation.interfaceName === interfaceName && observation.podUid === podUid;
  if (isSame) return observation.text;
  observation.observer = observer;
  observation.interfaceName = interfaceName;
  observation.podUid = podUid;
  observation.text = toFlatJson(
    toObserverObjects(interfaceName, observer, end.nodeName) + end.cloud + toOrchestrator(podUid, observer, end),
  );
  return observation.text;
}

/** Who told of a drop: nobody looked at a pod there. `,"agent":{…},"observer":{…},"host":{…}` */
export function toWitnessText({ interfaceName }: FlowRecord, observer: ObserverText): string {
  return toObserverObjects(interfaceName, observer, '');
}

/** LogsDB sorts by `host.name`: the node where the observer is, as far as anything tells it. */
function toObserverObjects(interfaceName: string, observer: ObserverText, endNodeName: string): string {
  const host = observer.nodeName || endNodeName || observer.hostName;
  const ingress = interfaceName === '' ? '' : `,"ingress":{"interface":{"name":${toJsonText(interfaceName)}}}`;
  return `${observer.head}${ingress}}${host === '' ? '' : `,"host":{"name":${host}}`}`;
}

/** The observed pod by its end's names, unless the observer says that it was another; else as the observer names it. */
function toOrchestrator(podUid: string | undefined, observer: ObserverText, end: EndText): string {
  if (end.orchestrator !== '' && (podUid === undefined || podUid === end.podUid)) return end.orchestrator;
  if (podUid === undefined) return observer.ownPod;
  return `,"orchestrator":{${observer.orchestrator},"resource":{"type":"pod","id":${toJsonText(podUid)}}}`;
}

import type { Log } from '../../model/log.ts';
import type { Trouble } from './trouble.ts';
import type { WatchedResource } from './watched-resources.ts';

/** A trouble that lasts is told when it begins and then once in this time. */
const REPEAT_MS = 60_000;

export type Verb = 'list' | 'watch';

/** One lasting trouble: of the server as a whole, or of one kind. */
interface Told {
  sinceMs: number;
  toldAtMs: number;
  leftOut: number;
  isOver: boolean;
}

/** Tells what keeps podflow from following the API server: when it begins, once a minute, and when it is over. */
export class FollowLog {
  readonly #log: Log;
  readonly #told = new Map<string, Told>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** The server answered, whatever it said. */
  answered(): void {
    this.#over('server', {}, 'The Kubernetes API server answers again');
  }

  /** A kind is listed, or its watch is open. */
  followed({ kind }: WatchedResource): void {
    this.#over('credentials', {}, 'The Kubernetes API server takes the credentials again');
    this.#over(kind, { kind }, `Kubernetes objects of kind ${kind} are followed again`);
  }

  trouble(resource: WatchedResource, verb: Verb, trouble: Trouble): void {
    const { kind } = resource;
    const { kind: what, ...details } = trouble;
    if (what === 'unreachable')
      this.#tell('warn', 'server', details, 'The Kubernetes API server cannot be reached; what is known stays');
    else if (what === 'no_credentials')
      this.#tell('warn', 'credentials', details, 'There are no credentials for the Kubernetes API server now');
    else if (what === 'unauthorized')
      this.#tell('warn', 'credentials', details, 'The Kubernetes API server refuses the credentials; read anew');
    else if (trouble.kind === 'denied' && resource.isOfAddOn)
      this.#log.debug(
        { kind, verb, ...details },
        'A kind of an add-on is not to be had from the Kubernetes API server',
      );
    else if (trouble.kind === 'denied')
      this.#tell(
        resource.isRequired ? 'error' : 'warn',
        kind,
        { kind, verb, ...details },
        toDenial(resource, verb, trouble.status),
      );
    else if (what === 'busy' || what === 'failed' || what === 'garbled')
      this.#tell('warn', kind, { kind, verb, ...details }, `Kubernetes objects of kind ${kind} cannot be followed now`);
    else if (what !== 'stopped')
      this.#log.debug({ kind, verb, what, ...details }, 'A request to the Kubernetes API server ended');
  }

  #tell(level: 'warn' | 'error', topic: string, fields: object, message: string): void {
    const nowMs = performance.now();
    const told = this.#told.get(topic) ?? { sinceMs: nowMs, toldAtMs: -Infinity, leftOut: 0, isOver: false };
    this.#told.set(topic, told);
    if (told.isOver) told.sinceMs = nowMs;
    const isTold = nowMs - told.toldAtMs >= REPEAT_MS;
    if (isTold) this.#log[level](told.leftOut === 0 ? fields : { ...fields, alsoSince: told.leftOut }, message);
    told.leftOut = isTold ? 0 : told.leftOut + 1;
    // One that comes back within the minute is not told; neither is then its end.
    if (isTold) told.toldAtMs = nowMs;
    told.isOver = told.isOver && !isTold;
  }

  #over(topic: string, fields: object, message: string): void {
    const told = this.#told.get(topic);
    if (told === undefined || told.isOver) return;
    told.isOver = true;
    this.#log.info({ ...fields, lastedMs: Math.round(performance.now() - told.sinceMs) }, message);
  }
}

function toDenial({ resource, group, version, isRequired }: WatchedResource, verb: Verb, status: number): string {
  const inGroup = group === '' ? 'the core API group' : `API group ${group}`;
  const effect = isRequired ? 'podflow cannot name anything without them' : 'podflow goes on without them';
  if (status !== 403)
    return `The Kubernetes API server has no ${resource} of version ${version} in ${inGroup}; ${effect}`;
  return (
    `Kubernetes does not let podflow ${verb} ${resource}: grant its service account the verbs list and watch on ` +
    `${resource} in ${inGroup} of the whole cluster; ${effect}`
  );
}

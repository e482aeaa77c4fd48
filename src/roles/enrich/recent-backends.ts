import type { NameIndex } from '../../k8s/name-index.ts';
import { toPortKey } from '../../k8s/port-key.ts';
import type { NamedEnd } from '../../model/named-end.ts';
import type { Backend } from '../../policy/policy-evaluator.ts';

const NO_BACKENDS: readonly Backend[] = [];
/** How long an answer stands: without a node role all connections to a Service ask for its backends. */
const KEPT_MS = 1_000;

/**
 * What stands behind an end that is a Service, for judging connections whose backend nobody told. As it is now: the index
 * remembers no former backends.
 */
export class RecentBackends {
  readonly #index: Pick<NameIndex, 'serviceBackends'>;
  readonly #nowMs: () => number;
  readonly #known = new Map<NamedEnd, Map<number, readonly Backend[]>>();
  #staleMs = -Infinity;

  /** @param nowMs monotonic milliseconds */
  constructor(index: Pick<NameIndex, 'serviceBackends'>, nowMs: () => number = () => performance.now()) {
    this.#index = index;
    this.#nowMs = nowMs;
  }

  resolve(service: NamedEnd, protocolNumber: number, port: number | undefined): readonly Backend[] {
    const { namespaceName, serviceName } = service;
    if (namespaceName === undefined || serviceName === undefined || port === undefined) return NO_BACKENDS;
    const nowMs = this.#nowMs();
    if (nowMs >= this.#staleMs) {
      this.#known.clear();
      this.#staleMs = nowMs + KEPT_MS;
    }
    const ofService = this.#known.get(service) ?? new Map<number, readonly Backend[]>();
    const portKey = toPortKey(protocolNumber, port);
    const known = ofService.get(portKey);
    if (known !== undefined) return known;
    const backends = this.#index.serviceBackends(namespaceName, serviceName, portKey);
    this.#known.set(service, ofService.set(portKey, backends));
    return backends;
  }
}

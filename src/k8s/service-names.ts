import type { NamedService } from '../model/named-end.ts';
import type { EndpointSlice } from './endpoint-registry.ts';
import type { Service } from './service-registry.ts';

const NO_SLICES: readonly EndpointSlice[] = [];

/** One Service: its names, each made once, one for each way and port by which it is met; and what is told of it. */
export class NamedServices {
  readonly namespaceName: string;
  readonly serviceName: string;
  references = 0;
  /** The object itself, where it is there. */
  service: Service | undefined = undefined;
  /** Slices of its endpoints that are there. */
  slices: readonly EndpointSlice[] = NO_SLICES;
  readonly #names: NamedService[] = [];

  constructor(namespaceName: string, serviceName: string) {
    this.namespaceName = namespaceName;
    this.serviceName = serviceName;
  }

  at(via: NamedService['via'], portName: string | undefined): NamedService {
    const known = this.#names.find((named) => named.via === via && named.portName === portName);
    if (known !== undefined) return known;
    const { namespaceName, serviceName } = this;
    const named: NamedService = { namespaceName, serviceName, portName, via };
    this.#names.push(named);
    return named;
  }
}

/** Names of Services as long as something refers to them: a Service itself, or slices of its endpoints. */
export class ServiceNames {
  readonly #services = new Map<string, NamedServices>();

  hold(namespaceName: string, serviceName: string): NamedServices {
    const key = toKey(namespaceName, serviceName);
    let names = this.#services.get(key);
    if (names === undefined) this.#services.set(key, (names = new NamedServices(namespaceName, serviceName)));
    names.references++;
    return names;
  }

  find(namespaceName: string, serviceName: string): NamedServices | undefined {
    return this.#services.get(toKey(namespaceName, serviceName));
  }

  values(): Iterable<NamedServices> {
    return this.#services.values();
  }

  release(names: NamedServices): void {
    if (--names.references === 0) this.#services.delete(toKey(names.namespaceName, names.serviceName));
  }
}

export function isSameService(one: NamedService, other: NamedService): boolean {
  return one.serviceName === other.serviceName && one.namespaceName === other.namespaceName;
}

function toKey(namespaceName: string, serviceName: string): string {
  return `${namespaceName}/${serviceName}`;
}

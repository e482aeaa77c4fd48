import type { NamedService } from '../model/named-end.ts';

/** The names of one Service, each made once: one for each way and port by which it is met. */
export class NamedServices {
  readonly namespaceName: string;
  readonly serviceName: string;
  references = 0;
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

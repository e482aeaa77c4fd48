import type { Labels } from '../model/network-policy.ts';
import type { DeclaredPort } from './kubernetes-object.ts';
import { RecentMap } from './recent-map.ts';

/** Bounds what is remembered, not what is kept: values beyond it are merely not shared. */
const MAX_TEXTS = 131_072;
const MAX_LISTS = 65_536;

const NO_PORTS: readonly DeclaredPort[] = [];

/** Makes one value of equal ones: pods of a workload share their labels, ports, node and namespace. */
export class SharedValues {
  readonly #texts = new RecentMap<string, string>(MAX_TEXTS);
  readonly #labels = new RecentMap<string, Labels>(MAX_LISTS);
  readonly #ports = new RecentMap<string, readonly DeclaredPort[]>(MAX_LISTS);

  text(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }

  /** Labels in the order in which they stand: the API server sorts them. */
  labels(labels: Labels): Labels {
    let key = '';
    for (const name of Object.keys(labels)) key += `${name}\n${labels[name]}\n`;
    const known = this.#labels.get(key);
    if (known !== undefined) return known;
    this.#labels.set(key, labels);
    return labels;
  }

  ports(ports: readonly DeclaredPort[]): readonly DeclaredPort[] {
    if (ports.length === 0) return NO_PORTS;
    const key = ports.map(({ portKey, name }) => `${portKey} ${name}`).join('\n');
    const known = this.#ports.get(key);
    if (known !== undefined) return known;
    this.#ports.set(key, ports);
    return ports;
  }
}

import { randomInt } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { NameIndex } from '../../../src/k8s/name-index.ts';
import type { NetworkPolicyFacts } from '../../../src/model/network-policy.ts';
import { podObject } from '../../support/kubernetes-objects.ts';
import { seededRandom } from '../../support/seeded-random.ts';

/**
 * The catalogue against a model that keeps what was told in a list of notes and reads all of it for each question: random
 * policies, namespaces and pods that come, change and go, and questions about any time.
 */
const EVENTS = 1_000;
const QUESTIONS_AN_EVENT = 5;
const NAMESPACES = ['shop', 'bank', 'post'];
const POLICIES = ['a', 'b', 'c', 'd'];
const NEVER_MS = 1e15;
const BEGIN_MS = Date.parse('2026-11-21T12:00:00Z');

/** That something said this from then on; undefined = it was gone. */
interface Note {
  readonly key: string;
  readonly fromMs: number;
  readonly said: string | undefined;
}

class World {
  readonly index = new NameIndex({ graceMs: NEVER_MS, maxEndedClaims: 1e9, toleranceMs: 0 });
  readonly notes: Note[] = [];
  readonly #random: (limit: number) => number;
  nowMs = BEGIN_MS;

  constructor(random: (limit: number) => number) {
    this.#random = random;
  }

  pick(texts: readonly string[]): string {
    return texts[this.#random(texts.length)] ?? '';
  }

  /** What was said of something at a time: by the last note from before. */
  saidAt(key: string, timeMs: number): string | undefined {
    return this.notes.filter((note) => note.key === key && note.fromMs <= timeMs).at(-1)?.said;
  }

  step(): void {
    this.nowMs += this.#random(8_000);
    const what = this.#random(10);
    if (what < 5) this.#changePolicy();
    else if (what < 7) this.#changeNamespace();
    else if (what < 9) this.#changePod();
    else this.#relist();
  }

  #note(key: string, fromMs: number, said: string | undefined): void {
    this.notes.push({ key, fromMs, said });
  }

  /** Creation is told in whole seconds, and cannot be before what was there last is gone. */
  #toCreatedMs(key: string): number {
    const lastMs = this.notes.findLast((note) => note.key === key)?.fromMs ?? BEGIN_MS - 1_000_000;
    return Math.min(this.nowMs, Math.ceil((lastMs + this.#random(this.nowMs - lastMs + 1)) / 1_000) * 1_000);
  }

  #changePolicy(): void {
    const [namespace, name, port] = [this.pick(NAMESPACES), this.pick(POLICIES), 1 + this.#random(3)];
    const key = `policy ${namespace}/${name}`;
    const isThere = this.saidAt(key, Infinity) !== undefined;
    const isEnd = isThere && this.#random(3) === 0;
    const fromMs = isThere ? this.nowMs : this.#toCreatedMs(key);
    const metadata = { name, namespace, ...(!isThere && { creationTimestamp: new Date(fromMs).toISOString() }) };
    const object = { metadata, spec: { ingress: [{ ports: [{ port }] }] } };
    this.index.apply('NetworkPolicy', isEnd ? 'DELETED' : isThere ? 'MODIFIED' : 'ADDED', object, this.nowMs);
    this.#note(key, fromMs, isEnd ? undefined : `${name}:${port}`);
  }

  #changeNamespace(): void {
    const [name, team] = [this.pick(NAMESPACES), String(this.#random(3))];
    const key = `namespace ${name}`;
    const isThere = this.saidAt(key, Infinity) !== undefined;
    const isEnd = isThere && this.#random(3) === 0;
    const object = { metadata: { name, labels: { team } } };
    this.index.apply('Namespace', isEnd ? 'DELETED' : 'MODIFIED', object, this.nowMs);
    this.#note(key, this.nowMs, isEnd ? undefined : team);
  }

  #changePod(): void {
    const [number, app] = [this.#random(3), String(this.#random(3))];
    const key = `pod ${number}`;
    const pod = podObject(`p${number}`, {
      ips: [`10.1.0.${number}`, `fd00::${number}`],
      labels: { app },
      startTime: new Date(0).toISOString(),
    });
    const isKnown = this.saidAt(key, Infinity) !== undefined;
    this.index.apply('Pod', 'MODIFIED', pod, this.nowMs);
    this.#note(key, isKnown ? this.nowMs : -Infinity, app);
  }

  /** A list in which some policies are missing. */
  #relist(): void {
    this.index.beginReplace('NetworkPolicy');
    for (const namespace of NAMESPACES)
      for (const name of POLICIES) {
        const key = `policy ${namespace}/${name}`;
        const port = this.saidAt(key, Infinity)?.split(':')[1];
        if (port === undefined) continue;
        const object = { metadata: { name, namespace }, spec: { ingress: [{ ports: [{ port: Number(port) }] }] } };
        if (this.#random(5) > 0) this.index.apply('NetworkPolicy', 'ADDED', object, this.nowMs);
        else this.#note(key, this.nowMs, undefined);
      }
    this.index.endReplace('NetworkPolicy', this.nowMs);
  }
}

function toTexts(policies: readonly NetworkPolicyFacts[]): string[] {
  return policies.map(({ name, ingress }) => `${name}:${ingress?.[0]?.ports[0]?.port}`);
}

const seed = Number(process.env['MODEL_SEED'] ?? randomInt(2 ** 32));

test(`the catalogue and a model of it say the same (MODEL_SEED=${seed})`, () => {
  const random = seededRandom(seed);
  const world = new World(random);
  const { policies: catalogue } = world.index;
  const answers = new Map<string, number>();
  const count = (text: string): void => void answers.set(text, (answers.get(text) ?? 0) + 1);
  for (let event = 0; event < EVENTS; event++) {
    world.step();
    for (let i = 0; i < QUESTIONS_AN_EVENT; i++) {
      const namespace = world.pick(NAMESPACES);
      const timeMs = random(4) === 0 ? Infinity : world.nowMs - random(random(4) === 0 ? 10_000_000 : 60_000);
      const question = `${namespace} at ${timeMs - world.nowMs}, event ${event}`;

      const expected = POLICIES.flatMap((name) => world.saidAt(`policy ${namespace}/${name}`, timeMs) ?? []);
      const found = catalogue.policies(namespace, timeMs);
      expect([question, toTexts(found)]).toEqual([question, expected]);
      expect(catalogue.policies(namespace, timeMs)).toBe(found);
      count(`${expected.length} policies`);

      const team = catalogue.namespaceLabels(namespace, timeMs)?.['team'];
      expect([question, team]).toEqual([question, world.saidAt(`namespace ${namespace}`, timeMs)]);
      count(team === undefined ? 'no namespace' : 'a namespace');

      const number = random(3);
      const end = world.index.resolveEnd(random(2) === 0 ? `10.1.0.${number}` : `fd00::${number}`, 6, 80, timeMs);
      const app = world.saidAt(`pod ${number}`, timeMs);
      expect([question, number, end.labels?.['app']]).toEqual([question, number, app]);
      count(app === undefined ? 'no pod' : 'a pod');
    }
  }
  for (const text of ['0 policies', '2 policies', 'no namespace', 'a namespace', 'a pod'])
    expect(answers.get(text)).toBeGreaterThan(100);
});

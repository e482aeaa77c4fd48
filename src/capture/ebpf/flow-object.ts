import { readFileSync } from 'node:fs';
import { koffi } from '../../lib/libc.ts';
import type { Libbpf } from './libbpf.ts';
import { orUnavailable, unavailable } from './unavailable.ts';

const PROGRAMS = ['observe', 'observe_tunnels'] as const;

export interface FlowObjectOptions {
  /** Words of `struct constants` in flow.h. */
  readonly constants: readonly number[];
  /** The one program that is loaded. */
  readonly program: (typeof PROGRAMS)[number];
  /** Map name → descriptor of a map to take instead of making one; it is duplicated. */
  readonly maps: ReadonlyMap<string, number>;
  /** Maps that the program does not use: they are not made. */
  readonly unusedMaps: readonly string[];
}

/** The compiled filter (flow.bpf.o), loaded into the kernel by libbpf. */
export class FlowObject {
  readonly programFd: number;
  readonly #libbpf: Libbpf;
  readonly #object: unknown;

  /** @throws PodflowError CAPTURE_BACKEND_UNAVAILABLE with what libbpf or the verifier said */
  constructor(libbpf: Libbpf, options: FlowObjectOptions) {
    const bytes = orUnavailable('the compiled filter is missing', () =>
      readFileSync(new URL('flow.bpf.o', import.meta.url)),
    );
    this.#libbpf = libbpf;
    const opened = libbpf.listen(() => libbpf.objectOpenMem(bytes, bytes.length, null) as unknown);
    if (!opened.result) throw unavailable(`libbpf cannot read the filter: ${opened.messages}`);
    this.#object = opened.result;
    try {
      this.#configure(options);
      this.#load();
    } catch (error) {
      this.close();
      throw error;
    }
    this.programFd = libbpf.programFd(libbpf.findProgram(this.#object, options.program)) as number;
  }

  /** Valid until `close`. */
  mapFd(name: string): number {
    return this.#libbpf.mapFd(this.#map(name)) as number;
  }

  close(): void {
    this.#libbpf.objectClose(this.#object);
  }

  #configure({ constants, program, maps, unusedMaps }: FlowObjectOptions): void {
    const libbpf = this.#libbpf;
    const pointer = libbpf.initialValue(this.#map('.rodata'), Buffer.alloc(8)) as unknown;
    new Uint32Array(koffi.view(pointer, constants.length * 4)).set(constants);
    for (const name of PROGRAMS) libbpf.setAutoload(libbpf.findProgram(this.#object, name), name === program);
    for (const name of unusedMaps) libbpf.setAutocreate(this.#map(name), false);
    for (const [name, fd] of maps) {
      const result = libbpf.mapReuseFd(this.#map(name), fd) as number;
      if (result !== 0) throw unavailable(`the map ${name} cannot be shared (errno ${-result})`);
    }
  }

  #load(): void {
    const loaded = this.#libbpf.listen(() => this.#libbpf.objectLoad(this.#object) as number);
    if (loaded.result === 0) return;
    throw unavailable(`the kernel refuses the filter (errno ${-loaded.result}): ${loaded.messages}`);
  }

  #map(name: string): unknown {
    return this.#libbpf.findMap(this.#object, name) as unknown;
  }
}

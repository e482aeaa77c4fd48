import type { FieldReader, JsonObject } from './field-reader.ts';

export interface ContainerTimes {
  /** When the first container that the status tells of started: the pod's address was there by then. */
  readonly firstStartMs: number | undefined;
  /** When the last one ended; undefined while one runs or waits, or where no end is told. */
  readonly finishedMs: number | undefined;
}

const LISTS = ['initContainerStatuses', 'containerStatuses'];
const STATES = ['state', 'lastState'];

/** Times out of the container statuses of a pod, milliseconds since the Unix epoch, told in whole seconds. */
export function toContainerTimes(status: JsonObject, reader: FieldReader): ContainerTimes {
  let firstStartMs = Infinity;
  let finishedMs = -Infinity;
  for (const list of LISTS)
    for (const container of reader.objects(status[list], `status.${list}`)) {
      for (const state of STATES) firstStartMs = Math.min(firstStartMs, toStartMs(container, list, state, reader));
      finishedMs = Math.max(finishedMs, toEndMs(container, list, reader));
    }
  return {
    firstStartMs: Number.isFinite(firstStartMs) ? firstStartMs : undefined,
    finishedMs: Number.isFinite(finishedMs) ? finishedMs : undefined,
  };
}

function toStartMs(container: JsonObject, list: string, stateName: string, reader: FieldReader): number {
  const path = `status.${list}[].${stateName}`;
  const state = reader.object(container[stateName], path);
  const phase = reader.object(state?.['running'] ?? state?.['terminated'], path);
  return reader.timeMs(phase?.['startedAt'], `${path}.startedAt`) ?? Infinity;
}

function toEndMs(container: JsonObject, list: string, reader: FieldReader): number {
  const path = `status.${list}[].state`;
  const terminated = reader.object(reader.object(container['state'], path)?.['terminated'], path);
  return reader.timeMs(terminated?.['finishedAt'], `${path}.terminated.finishedAt`) ?? Infinity;
}

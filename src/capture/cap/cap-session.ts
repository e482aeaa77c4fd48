import { PodflowError } from '../../lib/podflow-error.ts';
import { withNamespace } from '../../lib/enter-namespace.ts';
import { LINK_TYPE, type LinkType } from '../packet/link-type.ts';
import { loadCapLibrary, unavailable, type CapHandle } from './cap-library.ts';

/** Frames are cut to this by the package; only segmentation super-frames are longer. */
export const SNAPLEN_BYTES = 65_535;

/** Link types by the names that the package gives. */
const LINK_TYPES: ReadonlyMap<string, LinkType> = new Map([
  ['ETHERNET', LINK_TYPE.ethernet],
  ['LINKTYPE_LINUX_SLL', LINK_TYPE.linuxSll],
  ['RAW', LINK_TYPE.raw],
  ['NULL', LINK_TYPE.null],
]);

/**
 * Handles are kept for ever: the package leaves its poll handle in the event loop's list when one is closed, and frees
 * it with the object, so that a collected handle would be a dangling pointer in that list (cap 0.2.1, binding.cc:
 * `uv_poll_stop` without `uv_close`). For one that failed to open even closing is unsafe. Some hundred bytes each.
 */
const keptHandles: CapHandle[] = [];

/** One open capture of an interface. */
export class CapSession {
  readonly linkType: LinkType;
  readonly #handle: CapHandle;

  /**
   * Begins to capture; `onFrame` is called from the event loop with the frame at the beginning of `buffer`, until
   * `close`. As long as frames are waiting the package does not return to the event loop in between.
   * @param buffer of SNAPLEN_BYTES
   * @param ringBytes size of the kernel's ring, in which each frame takes 64 KiB where offloads are on
   * @throws PodflowError CAPTURE_RIGHT_MISSING or CAPTURE_BACKEND_UNAVAILABLE
   */
  constructor(
    interfaceName: string,
    namespacePath: string | undefined,
    buffer: Buffer,
    ringBytes: number,
    onFrame: (byteCount: number) => void,
  ) {
    const { Cap } = loadCapLibrary();
    const handle = new Cap();
    keptHandles.push(handle);
    const linkName = openHandle(handle, interfaceName, namespacePath, buffer, ringBytes);
    this.#handle = handle;
    const linkType = LINK_TYPES.get(linkName);
    if (linkType === undefined) {
      handle.close();
      throw unavailable(`link type ${linkName} of ${interfaceName} is not decoded`);
    }
    this.linkType = linkType;
    handle.on('packet', onFrame);
  }

  /** Safe from within `onFrame`: no further frame is delivered. */
  close(): void {
    this.#handle.close();
  }
}

function openHandle(
  handle: CapHandle,
  interfaceName: string,
  namespacePath: string | undefined,
  buffer: Buffer,
  ringBytes: number,
): string {
  try {
    return withNamespace(namespacePath, () => handle.open(interfaceName, '', ringBytes, buffer));
  } catch (error) {
    if (error instanceof PodflowError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    if (/permi|CAP_NET_RAW/i.test(reason))
      throw new PodflowError('CAPTURE_RIGHT_MISSING', { interfaceName, reasons: `cap: ${reason}` }, error);
    throw unavailable(`${interfaceName} cannot be opened: ${reason}`, error);
  }
}

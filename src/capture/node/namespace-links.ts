import { PodflowError } from '../../lib/podflow-error.ts';
import type { Link } from '../interface/decode-link.ts';
import { LinkMonitor } from '../interface/link-monitor.ts';

/** The interfaces of a network namespace, seen from within. */
export interface NamespaceLinks {
  readonly links: readonly Link[];
  /** The id by which they name the host's namespace; undefined when none of them leads there. */
  readonly hostId: number | undefined;
}

/**
 * Enters the namespace at `path` and lists its interfaces; some 100 µs.
 * @param hostDescriptor an open descriptor of the host's namespace
 * @returns undefined when it cannot be entered: it has gone, or SYS_ADMIN is missing
 */
export function listNamespaceLinks(path: string, hostDescriptor: number): NamespaceLinks | undefined {
  try {
    const monitor = LinkMonitor.open(path);
    try {
      // Asked last: listing a link that leads there is what gives the host's namespace its id.
      const links = monitor.list();
      return { links, hostId: monitor.namespaceId(hostDescriptor) };
    } finally {
      monitor.close();
    }
  } catch (error) {
    if (error instanceof PodflowError && error.code === 'NAMESPACE_NOT_FOUND') return undefined;
    throw error;
  }
}

import { PodflowError } from '../../lib/podflow-error.ts';
import type { Link } from './decode-link.ts';
import type { LinkMonitor } from './link-monitor.ts';

/**
 * The interface to observe: the one named, or for `auto` the first that is up and not the loopback device.
 * @throws PodflowError INTERFACE_NOT_FOUND telling what there is
 */
export function chooseInterface(monitor: LinkMonitor, wanted: string): Link {
  const links = monitor.list();
  const found =
    wanted === 'auto'
      ? links.find((link) => link.isUp && !link.isLoopback)
      : links.find((link) => link.name === wanted);
  if (found !== undefined) return found;
  throw new PodflowError('INTERFACE_NOT_FOUND', {
    interfaceName: wanted,
    present: links.map((link) => `${link.name}${link.isUp ? '' : ' (down)'}`).join(', '),
  });
}

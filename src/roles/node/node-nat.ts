import type { NodeSettings } from '../../config/settings.ts';
import type { Log } from '../../lib/log.ts';
import type { DeliveredHints } from '../../model/delivered-hint.ts';
import { ConntrackMirror } from '../../nat/conntrack-mirror.ts';
import { NatTranslator } from '../../nat/nat-translator.ts';

/** What undoes the NAT of records: the mirror of the node's connections, and what looks into it. */
export interface NodeNat {
  readonly mirror: ConntrackMirror;
  readonly translator: NatTranslator;
}

/**
 * Starts the mirror; where the kernel's table cannot be had it goes on without and says so.
 * @param hints what else is known of translations
 */
export async function startNat(settings: NodeSettings, log: Log, hints?: DeliveredHints): Promise<NodeNat> {
  const mirror = new ConntrackMirror(
    {
      source: settings.conntrackSource,
      namespacePath: settings.hostNetnsPath,
      maxEntries: settings.conntrackMaxEntries,
      graceMs: settings.conntrackGraceMs,
      resyncMs: settings.conntrackResyncMs,
      receiveBufferBytes: settings.conntrackBufferBytes,
    },
    log,
  );
  await mirror.start();
  return { mirror, translator: new NatTranslator(mirror, hints) };
}

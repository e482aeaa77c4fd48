import { KernelDrops } from '../../capture/drops/kernel-drops.ts';
import type { NodeSettings } from '../../config/settings.ts';
import type { Log } from '../../lib/log.ts';
import { PodflowError } from '../../lib/podflow-error.ts';
import type { NatTranslator } from '../../nat/nat-translator.ts';
import type { RecordOutputs } from '../record-outputs.ts';

/**
 * Makes ready to tell what the kernel drops; undefined where that is switched off, or cannot be had and need not be.
 * @throws PodflowError KERNEL_DROPS_UNAVAILABLE with `--kernel-drops on`
 */
export async function openKernelDrops(settings: NodeSettings, log: Log): Promise<KernelDrops | undefined> {
  const { kernelDrops: mode, intervalMs, hostNetnsPath: namespacePath, procPath } = settings;
  if (mode === 'off') return undefined;
  return orWithout(mode, log, () => KernelDrops.open({ intervalMs, namespacePath, procPath }, log));
}

/**
 * Begins to tell: evidence records → NAT undone → outputs. They are no traffic, so no pair counts them.
 * @returns what was given, or undefined where the tracepoint cannot be had after all
 * @throws PodflowError KERNEL_DROPS_UNAVAILABLE with `--kernel-drops on`
 */
export async function startKernelDrops(
  drops: KernelDrops,
  settings: NodeSettings,
  translator: NatTranslator,
  outputs: RecordOutputs,
  log: Log,
): Promise<KernelDrops | undefined> {
  return orWithout(settings.kernelDrops, log, async () => {
    await drops.start((records) => {
      translator.translateBatch(records);
      for (const output of outputs.stages) output.accept(records);
    });
    return drops;
  });
}

async function orWithout(
  mode: NodeSettings['kernelDrops'],
  log: Log,
  work: () => Promise<KernelDrops>,
): Promise<KernelDrops | undefined> {
  try {
    return await work();
  } catch (error) {
    if (mode === 'on' || !(error instanceof PodflowError)) throw error;
    log.warn({ remedy: error.remedy }, error.message);
    return undefined;
  }
}

import { runFlood, startSink } from '../../../support/load.ts';
import { readProcessFile } from '../../support/process-files.ts';
import { parseCpuSeconds } from '../../support/proc-stat.ts';
import { SERVER_ADDRESS, type NodeNetwork } from '../node-network.ts';
import { endProcess } from './end-process.ts';
import type { Load, LoadResult } from './load.ts';

const PAYLOAD_BYTES = 64;

export interface UdpFloodOptions {
  /** 0 = as fast as it goes. */
  readonly packetsPerSecond: number;
  /** Flows = source ports × destination ports, visited round robin. */
  readonly sourcePorts: number;
  readonly destinationPorts: number;
  readonly seconds: number;
}

/** UDP datagrams of 64 bytes to a sink that reads none of them. */
export function createUdpFlood(options: UdpFloodOptions): Load {
  return { seconds: options.seconds, run: (network) => flood(network, options) };
}

async function flood({ client, server }: NodeNetwork, options: UdpFloodOptions): Promise<LoadResult> {
  const sink = await startSink(server, SERVER_ADDRESS, options.destinationPorts);
  try {
    const sinkCpuBefore = readCpu(sink.pid);
    const flow = { ...options, destination: SERVER_ADDRESS, payloadBytes: PAYLOAD_BYTES };
    const result = await runFlood(client, flow);
    return { seconds: result.secs, loadCpuSeconds: result.cpu_s + readCpu(sink.pid) - sinkCpuBefore };
  } finally {
    await endProcess(sink);
  }
}

function readCpu(pid = 0): number {
  return parseCpuSeconds(readProcessFile(pid, 'stat') ?? '');
}

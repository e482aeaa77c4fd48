import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseBenchReport } from './support/bench-report.ts';
import { toReportText } from './support/report-text.ts';

/**
 * `npm run --silent bench -- NAME [--json] [OPTIONS]`: runs one bench and prints its report, as a table or as one JSON
 * document. Other options are handed on to the bench. Exit status 0 whether or not the goals are met, 1 when the bench
 * failed, 2 when there is none of that name.
 */
interface Bench {
  readonly script: string;
  readonly summary: string;
}

const BENCHES: Readonly<Record<string, Bench>> = {
  capture: {
    script: 'capture/capture-bench.ts',
    summary: 'live capture under load, beside libpcap and softflowd (root)',
  },
  decode: { script: 'decode.ts', summary: 'packets decoded and aggregated in user space' },
  'flow-table': { script: 'flow-table.ts', summary: 'flow deltas to flow records' },
  otlp: { script: 'otlp-encode.ts', summary: 'flow records to OTLP requests' },
  nat: { script: 'nat/nat-bench.ts', summary: 'conntrack mirrored, requests of probes decoded and rewritten (root)' },
  node: { script: 'node/node-bench.ts', summary: 'one observer of a node against a sidecar in each pod (root)' },
  drops: { script: 'drops.ts', summary: 'what the kernel drops told at 50,000 drops a second (root)' },
  enrich: { script: 'enrich/enrich-bench.ts', summary: 'records named, joined, counted and made documents' },
  names: { script: 'k8s/names-bench.ts', summary: 'the index of names of a large cluster: heap, lookups, changes' },
  k8s: { script: 'k8s/k8s-bench.ts', summary: 'a large cluster listed and watched into the index of names' },
  exposition: {
    script: 'exposition.ts',
    summary: 'flow records and connections to Prometheus series, and their scrape',
  },
  policy: { script: 'policy.ts', summary: 'connections judged by NetworkPolicies' },
  'flow-map': { script: 'flow-map.ts', summary: 'connections to the map and the recent flows, and their answers' },
};

const CAPTURE_OPTIONS = [
  '--rounds N            runs of each load (3) and pairs of runs (5)',
  '--quick               a look whether all works, in seconds; the figures mean little',
  '--only NAMES          of idle,A,B,E,unpaced,path,http-saturated,http-paced',
  '--observers NAMES     of none,ebpf,cap,softflowd',
  "--where node|pod      the client's host-side interface (node), or its own",
];

const [name = '', ...args] = process.argv.slice(2);
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
process.exitCode = bench === undefined ? tellUsage() : await runBench(bench, args);

function tellUsage(): number {
  const list = Object.entries(BENCHES).map(([key, { summary }]) => `  ${key.padEnd(12)} ${summary}`);
  const options = CAPTURE_OPTIONS.map((line) => `  ${line}`);
  const usage = [
    'Usage: npm run --silent bench -- NAME [--json] [OPTIONS]',
    '',
    ...list,
    '',
    'capture takes',
    ...options,
  ];
  process.stderr.write(`${usage.join('\n')}\n`);
  return 2;
}

async function runBench({ script }: Bench, options: readonly string[]): Promise<number> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const handedOn = options.filter((option) => option !== '--json');
  const child = spawn(process.execPath, [path, ...handedOn], { stdio: ['ignore', 'pipe', 'inherit'] });
  // The bench tears down and ends by itself; what it was doing ends with it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const status = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  const report = parseBenchReport(text);
  if (status !== 0 || report === undefined) {
    process.stderr.write(`the bench ended with ${status}${report === undefined ? ' and told no report' : ''}\n${text}`);
    return 1;
  }
  process.stdout.write(options.includes('--json') ? `${JSON.stringify(report)}\n` : toReportText(report));
  return 0;
}

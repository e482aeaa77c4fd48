import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const CONNECT_TIMEOUT_MS = 2500;
const KEPT_ALIVE = new Agent({ keepAlive: true, maxSockets: 1 });

export interface ClientTargets {
  readonly nameServer: string;
  readonly web: { readonly name: string; readonly port: number };
  /** Nothing listens there: TCP is refused, UDP answered by ICMP. */
  readonly refusing: { readonly address: string; readonly port: number };
  /** Packets to it vanish. */
  readonly guarded: { readonly address: string; readonly port: number };
}

/**
 * The demo's client: asks the name server for the web Service and fetches from it, over a kept connection and over
 * new ones, and now and then tries what must fail. Failures are its purpose, so they are not errors here.
 */
export async function runClient(targets: ClientTargets, everyMs: number): Promise<never> {
  const resolver = new Resolver({ timeout: 1000, tries: 2 });
  resolver.setServers([targets.nameServer]);
  for (let round = 0; ; round++) {
    await fetchWeb(resolver, targets.web, round).catch(ignore);
    if (round % 5 === 1) void attempt(targets.refusing);
    if (round % 5 === 3) void attempt(targets.guarded);
    if (round % 5 === 4) sendDatagram(targets.refusing);
    await delay(everyMs);
  }
}

async function fetchWeb(resolver: Resolver, web: ClientTargets['web'], round: number): Promise<void> {
  const [address] = await resolver.resolve4(web.name);
  if (address === undefined) return;
  const bytes = 200 * (1 + (round % 50));
  await new Promise<void>((resolve, reject) => {
    const options = { host: address, port: web.port, path: `/?bytes=${bytes}`, timeout: CONNECT_TIMEOUT_MS };
    get({ ...options, agent: round % 2 === 0 ? KEPT_ALIVE : new Agent() }, (response) => {
      response.resume();
      response.on('end', resolve);
    }).on('error', reject);
  });
}

/** One TCP connection attempt that gives up after a while. */
function attempt(target: { readonly address: string; readonly port: number }): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.address, port: target.port, timeout: CONNECT_TIMEOUT_MS });
    const end = (): void => {
      socket.destroy();
      resolve();
    };
    socket.on('connect', end).on('timeout', end).on('error', end);
  });
}

function sendDatagram(target: { readonly address: string; readonly port: number }): void {
  const socket = createSocket('udp4');
  socket.send('anybody there?', target.port, target.address, () => socket.close());
  socket.on('error', ignore);
}

function ignore(): void {
  /* the flow table tells what became of it */
}

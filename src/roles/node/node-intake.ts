import { setImmediate } from 'node:timers/promises';
import type { KernelDrops } from '../../capture/drops/kernel-drops.ts';
import type { NodeSettings } from '../../config/settings.ts';
import { toFrameCount } from '../../lib/frame-count.ts';
import type { Log } from '../../lib/log.ts';
import { VERSION } from '../../lib/version.ts';
import type { OtlpReceiveCounters, OtlpRelayCounters } from '../../model/otlp-receive-counters.ts';
import type { RoleContext } from '../../model/role-context.ts';
import type { Deadline, RecordStage } from '../../model/stage.ts';
import type { NatTranslator } from '../../nat/nat-translator.ts';
import { createOtlpRelay } from '../../otlp/receive/create-otlp-relay.ts';
import type { LogsRequest } from '../../otlp/receive/logs-request.ts';
import type { OtlpRelay } from '../../otlp/receive/otlp-relay.ts';
import type { OtlpReceiver } from '../../otlp/receive/otlp-receiver.ts';
import type { RelayAnswer } from '../../otlp/receive/relay-answer.ts';
import type { HttpServer } from '../../web/http-server.ts';
import { createOtlpServer } from '../otlp-server.ts';
import { isOtlpWanted, type RecordOutputs } from '../record-outputs.ts';

/** Records translated between two turns of the event loop: about 2 ms. */
const SLICE_RECORDS = 2_000;
/** Shorter than the 10 s that a probe waits, or it would send again what is still under way. */
const RELAY_TIMEOUT_MS = 8_000;
/**
 * An enrichment service answers when it has both perspectives, or after its join window of some seconds: so many
 * side by side bring the requests of 110 pods through within an interval of 10 s.
 */
const RELAY_REQUESTS = 32;
/** How old what is known of dropped packets may be when records are translated that may be of them. */
const DROPS_AGE_MS = 200;
const TIMEOUT_NAMES = ['OTEL_EXPORTER_OTLP_LOGS_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT'];
const TAKEN: RelayAnswer = { kind: 'taken', rejectedRecords: 0, message: '' };

/**
 * Takes the records of the node's probes: translates them and hands them on before it answers. Without a receiver to
 * hand them to, the local outputs are all there is.
 */
export class NodeIntake {
  url = '';
  /** Frames of the records that the local outputs got. */
  answeredFrames = 0;
  /** Frames of all records that came. */
  decodedFrames = 0;
  readonly stages: readonly Pick<RecordStage, 'name' | 'account'>[];
  readonly #translator: NatTranslator;
  readonly #outputs: RecordOutputs;
  readonly #drops: KernelDrops | undefined;
  readonly #relay: OtlpRelay | undefined;
  readonly #receiver: OtlpReceiver;
  readonly #server: HttpServer;

  constructor(
    settings: NodeSettings,
    translator: NatTranslator,
    outputs: RecordOutputs,
    drops: KernelDrops | undefined,
    relay: OtlpRelay | undefined,
    log: Log,
  ) {
    this.#translator = translator;
    this.#outputs = outputs;
    this.#drops = drops;
    this.#relay = relay;
    const { receiver, server } = createOtlpServer(settings, (request) => this.#handOn(request), log);
    this.#server = server;
    this.#receiver = receiver;
    this.stages = [{ name: 'relay', account: () => receiver.account() }];
  }

  /** Rejects with ADDRESS_IN_USE when the port cannot be had. */
  async start(): Promise<void> {
    this.url = (await this.#server.start()).url;
  }

  /** Takes no new requests, lets running ones be answered within the deadline. */
  async stop(deadline: Deadline): Promise<void> {
    const late = setTimeout(() => this.#relay?.shutdown(), deadline.remainingMs());
    await this.#server.stop(deadline);
    clearTimeout(late);
    this.#relay?.shutdown();
  }

  receiveCounters(): OtlpReceiveCounters {
    return this.#receiver.counters();
  }

  /** Absent where there is no receiver to hand on to. */
  get relayCounters(): (() => OtlpRelayCounters) | undefined {
    const relay = this.#relay;
    return relay === undefined ? undefined : () => relay.counters();
  }

  async #handOn(request: LogsRequest): Promise<RelayAnswer> {
    const { flows } = request;
    await this.#drops?.catchUp(DROPS_AGE_MS);
    for (let start = 0; start < flows.length; start += SLICE_RECORDS) {
      if (start > 0) await setImmediate();
      this.#translator.translateBatch(flows.slice(start, start + SLICE_RECORDS));
    }
    let frames = 0;
    for (const flow of flows) frames += toFrameCount(flow);
    this.decodedFrames += frames;
    const answer = this.#relay === undefined ? TAKEN : await this.#relay.relay(request);
    if (answer.kind !== 'taken') return answer;
    this.answeredFrames += frames;
    for (const stage of this.#outputs.localStages) stage.accept(flows);
    return answer;
  }
}

/**
 * Begins to listen for the node's probes.
 * @throws PodflowError ADDRESS_IN_USE; SETTINGS_INVALID when the receiver's address cannot be used
 */
export async function startIntake(
  settings: NodeSettings,
  translator: NatTranslator,
  outputs: RecordOutputs,
  drops: KernelDrops | undefined,
  { env, log }: Pick<RoleContext, 'env' | 'log'>,
): Promise<NodeIntake> {
  const relay = isOtlpWanted(settings, env) ? await createOtlpRelay(toRelayOptions(settings, env), log) : undefined;
  const intake = new NodeIntake(settings, translator, outputs, drops, relay, log);
  await intake.start();
  log.info({ url: intake.url }, "receiving the records of the node's probes");
  return intake;
}

function toRelayOptions(settings: NodeSettings, env: RoleContext['env']): Parameters<typeof createOtlpRelay>[0] {
  const isTimeSet = TIMEOUT_NAMES.some((name) => (env[name] ?? '') !== '');
  return {
    endpoint: settings.otlpEndpoint,
    compression: settings.otlpCompression,
    headers: settings.otlpHeaders,
    timeoutMs: settings.otlpTimeoutMs ?? (isTimeSet ? undefined : RELAY_TIMEOUT_MS),
    scopeVersion: VERSION,
    maxInFlight: RELAY_REQUESTS,
  };
}

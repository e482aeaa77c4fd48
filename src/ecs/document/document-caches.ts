import type { NamedEnd, NamedService } from '../../model/named-end.ts';
import type { PolicyJudgement } from '../../model/policy-judgement.ts';
import type { Resource } from '../../model/resource.ts';
import { toEndText, type EndText } from './end-text.ts';
import { toFlatJson } from './flat-json.ts';
import { GenerationCache } from '../generation-cache.ts';
import { toIpJson } from './ip-text.ts';
import { toJudgementText, type JudgementText } from './judgement-text.ts';
import { NetworkTexts } from './network-texts.ts';
import { toObserverText, type ObserverText } from './observer-text.ts';
import { toServiceText, type ServiceText } from './service-text.ts';
import { TcpTexts } from './tcp-texts.ts';

const SERVICES = 4096;
const OBSERVERS = 4096;
const JUDGEMENTS = 4096;
const ADDRESSES = 8192;

/** Texts of what comes again from document to document, each of bounded number. */
export class DocumentCaches {
  readonly ends: GenerationCache<NamedEnd, EndText>;
  readonly services = new GenerationCache<NamedService, ServiceText>(SERVICES, toServiceText);
  readonly observers = new GenerationCache<Resource, ObserverText>(OBSERVERS, toObserverText);
  readonly judgements = new GenerationCache<PolicyJudgement, JudgementText>(JUDGEMENTS, toJudgementText);
  /** Addresses that are no ends: dialled, translated, of tunnels. Empty for what is no address. */
  readonly addresses = new GenerationCache<string, string>(ADDRESSES, (address) => toFlatJson(toIpJson(address)));
  readonly networks = new NetworkTexts();
  readonly tcp = new TcpTexts();

  constructor(cachedEnds: number) {
    this.ends = new GenerationCache(cachedEnds, toEndText);
  }
}

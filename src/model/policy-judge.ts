import type { Connection } from './connection.ts';
import type { PolicyFinding, PolicyJudgement } from './policy-judgement.ts';

/** Judges connections by the policies of their time. Never throws; called for every connection. */
export interface PolicyJudge {
  /** Reads ends, ports, protocol and times; undefined where there is nothing to judge (no policies are known). */
  judge(connection: Connection): PolicyJudgement | undefined;
  /** What is to be said of evidence and judgement together; undefined where they agree, or it is too early to say. */
  find(connection: Connection, judgement: PolicyJudgement): PolicyFinding | undefined;
}

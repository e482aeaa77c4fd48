import { describe, expect, test } from '@jest/globals';
import type { Connection } from '../../../src/model/connection.ts';
import type { PolicyJudge } from '../../../src/model/policy-judge.ts';
import type { PolicyFinding, PolicyJudgement } from '../../../src/model/policy-judgement.ts';
import { JoinHarness } from '../../support/join-harness.ts';
import { createEvidence, createPerspective } from '../../support/perspective-records.ts';

const DENIED = { verdict: 'denied' } as PolicyJudgement;

/** Tells what it was asked, and denies what comes from one address. */
class Judge implements PolicyJudge {
  readonly asked: string[] = [];

  judge({ source, destination, destinationPort, verdict, evidence }: Connection): PolicyJudgement | undefined {
    const told = `${verdict} ${evidence.length}`;
    this.asked.push(`${source.address} ${destination.address} ${destinationPort} ${told}`);
    return source.address === '10.244.1.2' ? DENIED : undefined;
  }

  find({ verdict }: Connection, { verdict: judged }: PolicyJudgement): PolicyFinding | undefined {
    this.asked.push(`find ${verdict} ${judged}`);
    return verdict === 'dropped' ? 'denied' : 'unexpectedly_allowed';
  }
}

describe('a judge', () => {
  test('is asked once of each connection, when its ends, verdict and evidence are known', async () => {
    const judge = new Judge();
    const harness = new JoinHarness({ judge });
    const failed = { verdict: 'dropped', dropReason: 'syn_unanswered', reversePackets: 0 } as const;
    const answers = [
      harness.send(createPerspective('client', 1, failed), createEvidence(1), createPerspective('client', 2)),
    ];
    answers.push(harness.send(createPerspective('server', 2)));
    harness.nowMs = 2_500;
    await Promise.all(answers);
    expect(judge.asked.toSorted()).toEqual([
      '10.244.1.2 10.244.2.9 8080 dropped 1',
      '10.244.1.3 10.244.2.9 8080 forwarded 0',
      'find dropped denied',
    ]);
    const told = harness.counted.map(({ source, judgement, finding }) => [source.address, { judgement, finding }]);
    expect(Object.fromEntries(told)).toEqual({
      '10.244.1.2': { judgement: DENIED, finding: 'denied' },
      '10.244.1.3': { judgement: undefined, finding: undefined },
    });
    await harness.stop();
  });

  test('leaves nothing in what is used again', async () => {
    const judge = new Judge();
    const harness = new JoinHarness({ judge });
    const failed = { verdict: 'dropped', reversePackets: 0 } as const;
    const first = harness.send(createPerspective('client', 1, failed), createEvidence(1));
    harness.nowMs = 2_500;
    await first;
    void harness.send(createPerspective('client', 2));
    await harness.send(createPerspective('server', 2));
    expect(harness.counted[1]).toMatchObject({
      judgement: undefined,
      finding: undefined,
      evidence: [],
      dropPlace: undefined,
    });
    await harness.stop();
  });
});

test('without a judge nothing is judged', async () => {
  const harness = new JoinHarness();
  void harness.send(createPerspective('client', 1));
  await harness.send(createPerspective('server', 1));
  expect(harness.counted).toMatchObject([{ judgement: undefined, finding: undefined }]);
  await harness.stop();
});

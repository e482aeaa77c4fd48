import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { FollowLog } from '../../../../src/k8s/watch/follow-log.ts';
import type { Trouble } from '../../../../src/k8s/watch/trouble.ts';
import { WATCHED_RESOURCES } from '../../../../src/k8s/watch/watched-resources.ts';

const UNREACHABLE: Trouble = { kind: 'unreachable', reason: 'connect ECONNREFUSED' };
const FAILED: Trouble = { kind: 'failed', reason: '500' };

let lines: [string, object][];
let log: FollowLog;

beforeEach(() => {
  jest.useFakeTimers();
  lines = [];
  const write = (fields: object, message: string): void => void lines.push([message, fields]);
  log = new FollowLog({ debug: () => undefined, info: write, warn: write, error: write });
});

afterEach(() => void jest.useRealTimers());

function resource(kind: string): (typeof WATCHED_RESOURCES)[number] {
  const found = WATCHED_RESOURCES.find((each) => each.kind === kind);
  if (found === undefined) throw new Error(`no resource ${kind}`);
  return found;
}

const AWAY = 'The Kubernetes API server cannot be reached; what is known stays';
/** Of a minute, with one trouble a second of each kind: all but the first, which is told. */
const LEFT_OUT = 60 * WATCHED_RESOURCES.length - 1;
const BACK = 'The Kubernetes API server answers again';

describe('the log of following', () => {
  test('tells of a server that is away once for all kinds, then once a minute with what was left out', () => {
    for (let second = 0; second < 130; second++) {
      for (const each of WATCHED_RESOURCES) log.trouble(each, 'watch', UNREACHABLE);
      jest.advanceTimersByTime(1_000);
    }
    log.answered();
    log.answered();
    expect(lines).toEqual([
      [AWAY, { reason: 'connect ECONNREFUSED' }],
      [AWAY, { reason: 'connect ECONNREFUSED', alsoSince: LEFT_OUT }],
      [AWAY, { reason: 'connect ECONNREFUSED', alsoSince: LEFT_OUT }],
      [BACK, { lastedMs: 130_000 }],
    ]);
  });

  test('a trouble that comes and goes is told once a minute, with its end', () => {
    for (let second = 0; second < 61; second++) {
      log.trouble(resource('Pod'), 'watch', FAILED);
      log.followed(resource('Pod'));
      jest.advanceTimersByTime(1_000);
    }
    const [begin, end] = [
      'Kubernetes objects of kind Pod cannot be followed now',
      'Kubernetes objects of kind Pod are followed again',
    ];
    expect(lines.map(([message]) => message)).toEqual([begin, end, begin, end]);
  });

  test('a kind of an add-on that is not there is no trouble', () => {
    const denied: Trouble = { kind: 'denied', status: 404, reason: '404 page not found' };
    log.trouble(resource('PolicyEndpoint'), 'list', denied);
    log.trouble(resource('PolicyEndpoint'), 'list', { ...denied, status: 403 });
    log.followed(resource('PolicyEndpoint'));
    expect(lines).toEqual([]);
    log.trouble(resource('PolicyEndpoint'), 'watch', FAILED);
    expect(lines.map(([message]) => message)).toEqual([
      'Kubernetes objects of kind PolicyEndpoint cannot be followed now',
    ]);
  });

  test('kinds are told of apart, and what is expected is not told', () => {
    log.trouble(resource('Pod'), 'list', FAILED);
    log.trouble(resource('Node'), 'list', { kind: 'busy', retryAfterMs: 1, reason: '429' });
    log.trouble(resource('Job'), 'watch', { kind: 'expired', reason: '410' });
    log.trouble(resource('Job'), 'watch', { kind: 'interrupted', reason: 'aborted' });
    log.followed(resource('Node'));
    expect(lines.map(([message]) => message)).toEqual([
      'Kubernetes objects of kind Pod cannot be followed now',
      'Kubernetes objects of kind Node cannot be followed now',
      'Kubernetes objects of kind Node are followed again',
    ]);
  });
});

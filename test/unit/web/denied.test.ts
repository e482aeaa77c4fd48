import { describe, expect, test } from '@jest/globals';
import { FlowMap } from '../../../src/map/flow-map.ts';
import type { DeniedList, DeniedQuery } from '../../../src/model/denied-pairs.ts';
import { createOperations } from '../../../src/web/api/operations.ts';
import { parseQuery } from '../../../src/web/api/parameter.ts';
import { RecentFlows } from '../../../src/web/api/recent-flows.ts';
import { findSchemaProblems, type SchemaObject } from '../../support/json-schema.ts';
import { createDeniedPair, toExternalParty } from '../../support/sample-denied-pair.ts';

const PAIR = createDeniedPair({ destination: toExternalParty('203.0.113.9') });
const BARE: typeof PAIR = {
  ...PAIR,
  ...{ serviceNamespaceName: undefined, serviceName: undefined, destinationPort: undefined, reason: undefined },
  ...{ finding: undefined, policyNamespaceName: undefined, policyName: undefined, policyDirection: undefined },
  why: undefined,
};

function serve(pairs: readonly (typeof PAIR)[]) {
  const asked: DeniedQuery[] = [];
  const list = (query: DeniedQuery): DeniedList => {
    asked.push(query);
    return { fromMs: 0, toMs: 10, pairs, omittedPairs: 0, overflowConnections: 0 };
  };
  const operations = createOperations({ flows: new RecentFlows(), map: new FlowMap(), denied: { list } });
  const operation = operations.find(({ path }) => path === '/api/denied')!;
  const document = JSON.parse(operations.at(-1)!.answer({})) as { readonly components: { readonly schemas: object } };
  return { operation, asked, schemas: document.components.schemas as Record<string, SchemaObject> };
}

describe('/api/denied', () => {
  test('passes on what is asked', () => {
    const { operation, asked } = serve([]);
    const ask = (query: Record<string, string>): void => {
      const parsed = parseQuery(operation.parameters, query);
      if ('values' in parsed) operation.answer(parsed.values);
    };
    ask({});
    ask({ namespace: 'shop', finding: 'denied,none', limit: '7' });
    expect(asked).toEqual([
      { namespace: undefined, findings: undefined, limit: 100 },
      { namespace: 'shop', findings: new Set(['denied', 'none']), limit: 7 },
    ]);
  });

  test.each([
    [{ finding: 'lost' }, 'finding'],
    [{ limit: '0' }, 'limit'],
    [{ namespace: '-' }, 'namespace'],
    [{ pod: 'shop/web' }, 'pod'],
  ])('refuses %j', (query, parameter) => {
    const parsed = parseQuery(serve([]).operation.parameters, query);
    expect(parsed).toMatchObject({ problems: [{ parameter }] });
  });

  test('answers as it is documented, whatever is absent', () => {
    const { operation, schemas } = serve([PAIR, BARE]);
    const answer: unknown = JSON.parse(operation.answer({ limit: 100 }));
    const resolve = (reference: string): SchemaObject => schemas[reference.split('/').at(-1) ?? ''] ?? {};
    expect(findSchemaProblems(operation.answerSchema as SchemaObject, answer, resolve)).toEqual([]);
    expect(answer).toMatchObject({ pairs: [{ policyName: 'only-admin', source: { workloadName: 'web' } }, {}] });
    const [, bare] = (answer as { readonly pairs: readonly object[] }).pairs;
    expect(bare).not.toHaveProperty('policyName');
    const odd = { ...(answer as object), pairs: [{ ...bare, reason: 'a whim' }] };
    expect(findSchemaProblems(operation.answerSchema as SchemaObject, odd, resolve)).not.toEqual([]);
  });
});

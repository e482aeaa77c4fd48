import { FAILURE_FINDINGS } from '../../model/denied-pairs.ts';
import { choices, objectName, wholeNumber } from './parameter-form.ts';
import type { Parameter } from './parameter.ts';

/** The parameters of `/api/denied`. */
export const DENIED_PARAMETERS = {
  namespace: { form: objectName(), meaning: 'only pairs with an end in this namespace' },
  finding: {
    form: choices(FAILURE_FINDINGS),
    meaning:
      'only pairs of any of these: denied by a policy; unexplained, dropped though policies allow it; none of both',
  },
  limit: { form: wholeNumber(1, 10_000), meaning: 'most pairs to tell, the most frequent first', default: '100' },
} as const satisfies Readonly<Record<string, Parameter<unknown>>>;

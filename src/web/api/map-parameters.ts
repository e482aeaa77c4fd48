import { MAP_LEVELS } from '../../model/map-snapshot.ts';
import { choice, duration, objectName, wholeNumber } from './parameter-form.ts';
import type { Parameter } from './parameter.ts';

/** The parameters of `/api/map`. */
export const MAP_PARAMETERS = {
  level: { form: choice(...MAP_LEVELS), meaning: 'what a node stands for', default: 'workload' },
  namespace: { form: objectName(), meaning: 'only edges with an end in this namespace' },
  window: {
    form: duration('1s', '1h'),
    meaning: 'how far to look back, in whole report intervals, at most as far as the map does; all of it by default',
  },
  limit: { form: wholeNumber(1, 10_000), meaning: 'most edges to tell, those with most bytes first', default: '1000' },
} as const satisfies Readonly<Record<string, Parameter<unknown>>>;

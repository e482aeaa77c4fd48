import type { ParsedUrlQuery } from 'node:querystring';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Log } from '../../model/log.ts';
import type { HttpHandler } from '../http-handler.ts';
import { createOperations, type ApiSources, type RunningOperation } from './operations.ts';
import { parseQuery } from './parameter.ts';
import { sendProblem } from './problem.ts';

export interface ApiOptions extends ApiSources {
  readonly log: Log;
  /** Origins whose pages may read the answers (CORS), `*` for all; none by default. */
  readonly allowedOrigins?: readonly string[];
}

/**
 * The API under `/api`: recent flows, the map, what failed, and their OpenAPI document. Parameters that are not known or cannot be
 * used are answered 400 with all of them named. It is given GET and HEAD requests only (`createRouteTable`).
 */
export function createApi({ log, allowedOrigins = [], ...sources }: ApiOptions): HttpHandler {
  const operations = createOperations(sources);
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('strict routing').enable('case sensitive routing');
  app.set('query parser', 'simple');
  app.use((request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    allowOrigin(request, response, allowedOrigins);
    next();
  });
  for (const operation of operations) serve(app, operation);
  const paths = operations.map(({ path }) => path);
  app.use((_, response) => sendProblem(response, 404, 'There is nothing at this path.', { paths }));
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    log.error({ err: error, path: request.path }, 'A request could not be answered');
    if (response.headersSent) response.destroy();
    else sendProblem(response, 500, 'The request could not be answered.');
  });
  return (request, response) => {
    app(request, response);
  };
}

function serve(app: Express, { path, parameters, answer }: RunningOperation): void {
  app.get(path, (request, response) => {
    const parsed = parseQuery(parameters, request.query as ParsedUrlQuery);
    if ('problems' in parsed) {
      const { problems } = parsed;
      const detail = `Parameters that cannot be used: ${problems.map(({ parameter }) => parameter).join(', ')}.`;
      return sendProblem(response, 400, detail, { errors: problems });
    }
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    response.end(`${answer(parsed.values)}\n`);
  });
}

function allowOrigin(request: Request, response: Response, allowed: readonly string[]): void {
  if (allowed.length === 0) return;
  response.setHeader('Vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined || !(allowed.includes('*') || allowed.includes(origin))) return;
  response.setHeader('Access-Control-Allow-Origin', origin);
}

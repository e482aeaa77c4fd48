import { STATUS_CODES, type ServerResponse } from 'node:http';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** Answers with a problem document (RFC 9457); `members` are its extensions. */
export function sendProblem(
  response: ServerResponse,
  status: number,
  detail: string,
  members: Readonly<Record<string, unknown>> = {},
): void {
  response.statusCode = status;
  response.setHeader('Content-Type', PROBLEM_CONTENT_TYPE);
  const problem = { type: 'about:blank', title: STATUS_CODES[status], status, detail, ...members };
  response.end(`${JSON.stringify(problem)}\n`);
}

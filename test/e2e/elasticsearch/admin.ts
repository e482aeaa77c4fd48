import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';

/** What a call was answered; `json` is undefined where the body is none. */
export interface AdminAnswer {
  readonly status: number;
  readonly json: unknown;
}

/** Calls the server's API as its superuser, without the client that the tests are about. */
export type Admin = (method: string, path: string, body?: object) => Promise<AdminAnswer>;

export function createAdmin(url: string, user: string, password: string, ca: string | undefined): Admin {
  const authorization = user === '' ? {} : { authorization: `Basic ${btoa(`${user}:${password}`)}` };
  const headers = { 'content-type': 'application/json', ...authorization };
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const options = { method, headers, agent: false, ...(ca === undefined ? {} : { ca }) };
      const sent = request(`${url}${path}`, options, (answer) => {
        text(answer).then((received) => {
          resolve({ status: answer.statusCode ?? 0, json: parseJson(received) });
        }, reject);
      });
      sent.once('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

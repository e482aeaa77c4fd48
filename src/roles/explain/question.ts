import { IP_PROTOCOL } from '../../model/ip-protocol.ts';
import type { QuestionProtocol } from './explanation.ts';

/** May a connection be made from here to there? */
export interface Question {
  readonly from: string;
  readonly to: string;
  /** As dialled; undefined where the Service has only one. */
  readonly port: number | undefined;
  readonly protocol: QuestionProtocol;
}

/** A question, or what is wrong with it. */
export type ParsedQuestion = { readonly question: Question } | { readonly problem: string };

const MAX_PORT = 65_535;

/** Reads the fields of a question out of JSON that may be anything. */
export function parseQuestion(fields: Readonly<Record<string, unknown>>): ParsedQuestion {
  const { from, to, port, protocol = 'tcp' } = fields;
  if (typeof from !== 'string' || from === '') return { problem: toProblem('from', from, 'no text') };
  if (typeof to !== 'string' || to === '') return { problem: toProblem('to', to, 'no text') };
  const parsedPort = port === undefined || port === null ? undefined : parsePort(port);
  if (port !== undefined && port !== null && parsedPort === undefined)
    return { problem: toProblem('port', port, `no whole number from 1 to ${MAX_PORT}`) };
  const parsedProtocol = parseProtocol(protocol ?? 'tcp');
  if (parsedProtocol === undefined) return { problem: toProblem('protocol', protocol, 'none of tcp, udp, sctp') };
  return { question: { from, to, port: parsedPort, protocol: parsedProtocol } };
}

function parsePort(port: unknown): number | undefined {
  const number = typeof port === 'string' && /^\d{1,5}$/.test(port) ? Number(port) : port;
  return typeof number === 'number' && Number.isInteger(number) && number > 0 && number <= MAX_PORT
    ? number
    : undefined;
}

function parseProtocol(text: unknown): QuestionProtocol | undefined {
  const word = typeof text === 'string' ? text.toLowerCase() : undefined;
  return word === 'tcp' || word === 'udp' || word === 'sctp' ? word : undefined;
}

function toProblem(field: string, value: unknown, what: string): string {
  if (value === undefined) return `${field} is missing`;
  return `${field} ${JSON.stringify(value).slice(0, 100)} is ${what}`;
}

export function toProtocolNumber(protocol: QuestionProtocol): number {
  return IP_PROTOCOL[protocol];
}

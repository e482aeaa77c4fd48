import { ERROR_CATALOGUE, type ErrorCode } from './error-catalogue.ts';

/** An error of the catalogue: says what happened, where, and what to do. */
export class PodflowError extends Error {
  override readonly name = 'PodflowError';
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly exitCode: number;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, details: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    const kind = ERROR_CATALOGUE[code];
    super(fill(kind.message, details), cause === undefined ? undefined : { cause });
    this.code = code;
    this.remedy = fill(kind.remedy, details);
    this.exitCode = kind.exitCode;
    this.details = details;
  }
}

function fill(template: string, details: Readonly<Record<string, unknown>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, key: string) => (key in details ? String(details[key]) : whole));
}

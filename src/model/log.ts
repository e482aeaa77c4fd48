/** Structured log, fields first as pino takes them. Results go to stdout, the log to stderr. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

import { isUtf8 } from 'node:buffer';
import type { Resource } from '../../model/resource.ts';
import { decodeJsonResource } from './decode-json-resource.ts';
import { JsonCursor } from './json-cursor.ts';
import type { JsonRecordScanner } from './json-record-scanner.ts';
import { readJsonText } from './json-text.ts';
import type { DecodeContext, LogsContent } from './logs-content.ts';
import type { RecordParts } from './record-parts.ts';

const NOBODY: Resource = new Map();
const NULL = 0x6e;

/** What goes past a value, at once or in steps; what is wrong stands in the cursor. */
type Visit = () => Generator<void, void> | void;

/** The decoding of one `ExportLogsServiceRequest` in JSON, step by step; all of it is checked to be JSON. */
export class JsonDecoding {
  readonly #cursor: JsonCursor;
  readonly #content: LogsContent;
  readonly #context: DecodeContext;
  readonly #scanner: JsonRecordScanner;
  readonly #parts: RecordParts;

  /** Scanner and parts may be those of other decodings: no step leaves anything in them. */
  constructor(
    body: Buffer,
    content: LogsContent,
    context: DecodeContext,
    scanner: JsonRecordScanner,
    parts: RecordParts,
  ) {
    this.#cursor = new JsonCursor(body);
    this.#content = content;
    this.#context = context;
    this.#scanner = scanner;
    this.#parts = parts;
  }

  /** Fills the content; gives what is wrong with the request, undefined when nothing is. */
  *steps(): Generator<void, string | undefined> {
    const cursor = this.#cursor;
    if (!isUtf8(cursor.bytes)) return 'the request is no UTF-8';
    yield* this.#object({ resourceLogs: () => this.#array(() => this.#resourceLogs()) });
    if (cursor.problem === undefined && (cursor.peek() !== 0 || cursor.position < cursor.bytes.length))
      cursor.fail('there is more after the request');
    return cursor.problem;
  }

  *#resourceLogs(): Generator<void, void> {
    let resource: Resource = NOBODY;
    const readResource = (bytes: Buffer): void => {
      resource = this.#context.resources.get(bytes, decodeJsonResource);
    };
    yield* this.#object({
      resource: () => this.#whole(readResource),
      scopeLogs: () => this.#array(() => this.#scopeLogs()),
    });
    this.#content.endResource(resource);
  }

  #scopeLogs(): Generator<void, void> {
    return this.#object({ logRecords: () => this.#array(() => this.#logRecord()) });
  }

  #logRecord(): void {
    const cursor = this.#cursor;
    const start = cursor.position;
    this.#scanner.scan(cursor, this.#parts);
    if (cursor.problem !== undefined) return;
    const problem = this.#content.add(this.#parts);
    if (problem !== undefined) cursor.fail(problem);
    else if (this.#parts.isFlow) this.#content.spans.push(start, cursor.position);
  }

  /** Visits an object: members with a visit by it, each once; others are passed. */
  *#object(visits: Readonly<Record<string, Visit>>): Generator<void, void> {
    const cursor = this.#cursor;
    const seen = new Set<string>();
    if (!cursor.openObject()) return cursor.fail('an object is expected');
    while (this.#bound() && cursor.nextMember()) {
      this.#countField();
      const name = readJsonText(cursor, this.#scanner.texts);
      const visit = Object.hasOwn(visits, name) ? visits[name] : undefined;
      if (visit !== undefined && seen.has(name)) return cursor.fail(`${name} stands twice in an object`);
      seen.add(visit === undefined ? '' : name);
      if (visit === undefined || cursor.peek() === NULL) cursor.skip();
      else yield* visit() ?? [];
      if (this.#content.endsStep(cursor.position)) yield;
    }
  }

  *#array(visit: Visit): Generator<void, void> {
    const cursor = this.#cursor;
    if (!cursor.openArray()) return cursor.fail('an array is expected');
    while (this.#bound() && cursor.nextElement()) {
      this.#bound();
      cursor.peek();
      yield* visit() ?? [];
      if (this.#content.endsStep(cursor.position)) yield;
    }
  }

  #whole(take: (bytes: Buffer) => void): void {
    const cursor = this.#cursor;
    const start = cursor.position;
    cursor.skip();
    if (cursor.problem === undefined) take(cursor.bytes.subarray(start, cursor.position));
  }

  #bound(): true {
    this.#cursor.bound(this.#context.limits.valueBytes);
    return true;
  }

  #countField(): void {
    const problem = this.#content.countField();
    if (problem !== undefined) this.#cursor.fail(problem);
  }
}

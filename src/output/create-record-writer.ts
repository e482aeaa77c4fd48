import { toFrameCount } from '../lib/frame-count.ts';
import type { Log } from '../model/log.ts';
import type { Resource } from '../model/resource.ts';
import type { OutputStream } from '../model/role-context.ts';
import { createRecordFormat } from './create-record-format.ts';
import { FileSink } from './file-sink.ts';
import { hasColours } from './has-colours.ts';
import type { OutputFormatName } from './record-format.ts';
import { RecordWriter } from './record-writer.ts';
import { StreamSink } from './stream-sink.ts';
import type { TextSink } from './text-sink.ts';

export interface OutputOptions {
  readonly format: OutputFormatName;
  /** Path of the file to write, which is emptied first; stdout where it is undefined. */
  readonly file: string | undefined;
  readonly resource: Resource;
  readonly scopeVersion: string;
  readonly stdout: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}

/** The writer that `--output` and `--output-file` ask for. */
export function createRecordWriter(options: OutputOptions): RecordWriter {
  const { format, file, stdout, env, log } = options;
  const isColoured = file === undefined && hasColours(stdout, env);
  return new RecordWriter({
    format: createRecordFormat(format, { ...options, hasColours: isColoured }),
    framesOf: toFrameCount,
    sink: createTextSink(file, stdout),
    log,
  });
}

/** The file of a path, or stdout. */
export function createTextSink(file: string | undefined, stdout: OutputStream): TextSink {
  return file === undefined ? new StreamSink(stdout) : new FileSink(file);
}

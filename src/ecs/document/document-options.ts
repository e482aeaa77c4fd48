/** What documents are written with. */
export interface DocumentOptions {
  /** `data_stream.namespace`: lower case, at most 100 characters, none of `\ / * ? " < > | , # :`, space or `-`. */
  readonly namespace: string;
  /** ECS `client` and `server` beside `source` and `destination`, where the initiator is known. */
  readonly hasRoles: boolean;
  /** Ends of which the texts are kept, in each of two generations; 1 to 1,000,000. */
  readonly cachedEnds: number;
}

/**
 * `client` and `server` are off: source is the client in every podflow document and `podflow.initiator` says how that was
 * told, so the copy says nothing new for a tenth more bytes, and Kibana's network page does not ask for it.
 */
export const DEFAULT_DOCUMENT_OPTIONS: DocumentOptions = { namespace: 'default', hasRoles: false, cachedEnds: 8192 };

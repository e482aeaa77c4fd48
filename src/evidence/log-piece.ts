/** Bytes of a log, or the end of one of the files that it is made of. */
export type LogPiece = Buffer | 'file_ended';

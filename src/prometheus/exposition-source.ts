/** Large families that are written piece by piece, after the text of the registry. */
export interface ExpositionSource {
  /** Whole lines, complete families; the event loop may turn between two pieces. */
  exposition(): Iterable<string>;
}

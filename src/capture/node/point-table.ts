import type { ObservationPoint } from '../../model/observation-point.ts';

/** Ends of intervals after which nothing is told of a point any more. */
const KEPT_INTERVALS = 2;

/** Names of the points that flow keys carry; one that is retired stays until its flows were told. */
export class PointTable {
  readonly #points = new Map<number, ObservationPoint>();
  /** Points of interfaces that are gone → ends of intervals to go. */
  readonly #retired = new Map<number, number>();

  get size(): number {
    return this.#points.size;
  }

  /** Whether nothing is told of a number any more. */
  isFree(point: number): boolean {
    return !this.#points.has(point);
  }

  name(point: number, description: ObservationPoint): void {
    this.#points.set(point, description);
  }

  /** No more frames come from there. */
  retire(point: number): void {
    this.#retired.set(point, KEPT_INTERVALS);
  }

  /** All flows of an interval were told; hands over the points that are forgotten. */
  intervalEnded(forget: (point: number) => void): void {
    for (const [point, left] of this.#retired) {
      this.#retired.set(point, left - 1);
      if (left > 1) continue;
      this.#retired.delete(point);
      this.#points.delete(point);
      forget(point);
    }
  }

  resolve(point: number): ObservationPoint {
    return this.#points.get(point) ?? toUnknownPoint(point);
  }
}

function toUnknownPoint(point: number): ObservationPoint {
  return { interfaceName: `if${point}`, side: 'host', podUid: undefined, tunnel: undefined };
}

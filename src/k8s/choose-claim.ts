import type { Claim, HasPort } from './claim.ts';

/**
 * Who had an address at a time. The only place where this is decided.
 *
 * An address has one holder at a time, but its end is told late (a pod is deleted some time after its address was given
 * back), its start is told late too (a status with the address comes after the first packets), and clocks differ. So:
 *
 * 1. Whoever surely held it then, `startMs` ≤ time < `endMs`; of several the one that started last, because the end of
 *    the others is only not told yet.
 * 2. Else whoever may have held it already, `begunMs` ≤ time < `startMs`; of several the one that starts first.
 * 3. Else whoever had it nearest to that time, before or after, if that is at most `toleranceMs` away; when two are as
 *    near, the one that ended.
 * 4. Else nobody.
 *
 * Of several that are alike by all of this, the one told of last.
 *
 * @param newest first of the claims for the address
 * @param portKey only claims to this port are looked at
 */
export function chooseClaim<Holder>(
  newest: Claim<Holder> | undefined,
  portKey: number,
  timeMs: number,
  toleranceMs: number,
  hasPort: HasPort<Holder>,
): Claim<Holder> | undefined {
  let held: Claim<Holder> | undefined;
  let isAnyElse = false;
  for (let claim = newest; claim !== undefined; claim = claim.older) {
    if (!hasPort(claim, portKey)) continue;
    if (!claim.isHeldAt(timeMs)) isAnyElse = true;
    else if (held === undefined || claim.startMs > held.startMs) held = claim;
  }
  return held === undefined && isAnyElse ? chooseNearest(newest, portKey, timeMs, toleranceMs, hasPort) : held;
}

/** Rules 2 and 3; none of the claims holds at that time. */
function chooseNearest<Holder>(
  newest: Claim<Holder> | undefined,
  portKey: number,
  timeMs: number,
  toleranceMs: number,
  hasPort: HasPort<Holder>,
): Claim<Holder> | undefined {
  let coming: Claim<Holder> | undefined;
  let nearest: Claim<Holder> | undefined;
  let nearestMs = Infinity;
  for (let claim = newest; claim !== undefined; claim = claim.older) {
    if (!hasPort(claim, portKey)) continue;
    if (timeMs >= claim.begunMs && timeMs < claim.startMs) {
      if (coming === undefined || claim.startMs < coming.startMs) coming = claim;
      continue;
    }
    const { endMs } = claim;
    const hasEnded = endMs !== undefined && timeMs >= endMs;
    const distanceMs = hasEnded ? timeMs - endMs : claim.begunMs - timeMs;
    if (distanceMs > toleranceMs || distanceMs > nearestMs) continue;
    if (
      distanceMs === nearestMs &&
      (!hasEnded || nearest === undefined || (nearest.endMs !== undefined && timeMs >= nearest.endMs))
    )
      continue;
    nearest = claim;
    nearestMs = distanceMs;
  }
  return coming ?? nearest;
}

/**
 * Whether another claim held at the same time and is of another holder, so that the chosen one is not the only answer.
 * Where the chosen one did not hold itself, only its being nearest speaks for it, and it stands.
 */
export function isContested<Holder>(
  newest: Claim<Holder>,
  chosen: Claim<Holder>,
  portKey: number,
  timeMs: number,
  hasPort: HasPort<Holder>,
  isSame: (one: Holder, other: Holder) => boolean,
): boolean {
  if (!chosen.isHeldAt(timeMs)) return false;
  for (let claim: Claim<Holder> | undefined = newest; claim !== undefined; claim = claim.older) {
    if (claim === chosen || !hasPort(claim, portKey) || !claim.isHeldAt(timeMs)) continue;
    if (!isSame(claim.holder, chosen.holder)) return true;
  }
  return false;
}

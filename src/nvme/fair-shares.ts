/**
 * Sharing a number of things by weight, each share within bounds: as near to the weights as whole things can be. What the
 * bounds take from a share, or add to it, the others share by their own weights; what is left of fractions goes to the
 * largest ones (largest remainder). All in whole numbers, so that equal requests give equal shares on any machine.
 */
export type Bounds = { readonly least: number; readonly most: number }

/**
 * Everything is given that the bounds let be given. More weight never gives less.
 *
 * @param supply at least `least` for each weight
 * @param weights each at least 1; supply × weight and the sum of weights must be safe integers
 * @returns one share for each weight, from `least` to `most`
 */
export function fairShares(
  supply: number,
  weights: readonly number[],
  { least, most }: Bounds
): readonly number[] {
  const shares = new Map<number, number>()
  let open = weights.map((weight, at) => ({ weight, at }))
  let rest = Math.min(supply, most * weights.length)
  while (open.length > 0) {
    const bound = boundOf(open, rest, { least, most })
    if (bound.length === 0) break
    for (const { at, share } of bound) shares.set(at, share)
    rest -= bound.reduce((sum, { share }) => sum + share, 0)
    open = open.filter(({ at }) => !shares.has(at))
  }
  for (const { at, share } of byLargestRemainder(open, rest)) shares.set(at, share)
  return weights.map((_, at) => shares.get(at) ?? least)
}

type Open = { readonly weight: number; readonly at: number }
type Share = { readonly at: number; readonly share: number }

/**
 * Those whose share by weight is out of bounds, at their bound. Only on the side on which more is out: what that moves may
 * bring the others in again. Source: CSS Flexible Box Layout, 9.7 "Resolving Flexible Lengths", which has the same problem.
 */
function boundOf(
  open: readonly Open[],
  rest: number,
  { least, most }: Bounds
): readonly Share[] {
  const all = open.reduce((sum, { weight }) => sum + weight, 0)
  const low = open.filter(({ weight }) => rest * weight < least * all)
  const high = open.filter(({ weight }) => rest * weight > most * all)
  const outOf = (bound: number, those: readonly Open[]) =>
    those.reduce((sum, { weight }) => sum + bound * all - rest * weight, 0)
  const isLow = outOf(least, low) + outOf(most, high) > 0
  const isHigh = outOf(least, low) + outOf(most, high) < 0
  return [
    ...(isHigh ? [] : low.map(({ at }) => ({ at, share: least }))),
    ...(isLow ? [] : high.map(({ at }) => ({ at, share: most }))),
  ]
}

/** Of equal remainders the heavier comes first, then the earlier. */
function byLargestRemainder(open: readonly Open[], rest: number): readonly Share[] {
  const all = open.reduce((sum, { weight }) => sum + weight, 0)
  const parts = open.map(({ weight, at }) => ({
    at,
    weight,
    whole: Math.floor((rest * weight) / all),
    remainder: (rest * weight) % all,
  }))
  const left = rest - parts.reduce((sum, { whole }) => sum + whole, 0)
  const first = parts
    .toSorted((a, b) => b.remainder - a.remainder || b.weight - a.weight || a.at - b.at)
    .slice(0, left)
  return parts.map(({ at, whole }) => ({
    at,
    share: whole + (first.some((part) => part.at === at) ? 1 : 0),
  }))
}

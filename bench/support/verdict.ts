/** What the rounds of a scenario say: the ratio of product to peer in each, and whether it keeps a goal. */

export type Spread = { readonly min: number; readonly med: number; readonly max: number }

/** `within-noise`: some rounds keep the goal and some do not, so that this run cannot tell. */
export type Verdict = boolean | 'within-noise'

/** @param values at least one */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part: number) => rounded(sorted[Math.floor((sorted.length - 1) * part)]!) // not empty
  return { min: at(0), med: at(0.5), max: at(1) }
}

/** @param goal the most that the ratio may be */
export function verdictOf({ min, max }: Spread, goal: number): Verdict {
  if (max <= goal) return true
  return min > goal ? false : 'within-noise'
}

/** Four digits that count. */
function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

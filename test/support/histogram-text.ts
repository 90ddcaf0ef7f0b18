/** Entries of a tracefs `hist` file, read without the product's parser: `{ ctrl: 1, qid: 2, lat: ~ 2^7 } hitcount: 3`. */
export type HistogramEntry = {
  /** Numbers; of a power of two its exponent. */
  readonly keys: readonly number[]
  readonly count: number
}

export function parseHistogram(text: string): readonly HistogramEntry[] {
  return [...text.matchAll(/^\{ (.+) \} hitcount: +(\d+)/gm)].map(
    ([, keys = '', count]) => ({
      keys: keys.split(',').map((key) => Number(/(\d+) *$/.exec(key)?.[1])),
      count: Number(count),
    })
  )
}

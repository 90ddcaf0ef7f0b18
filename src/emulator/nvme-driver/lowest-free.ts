/** The lowest number from `first` that is not taken: how Linux's ida hands out instances, minors and group numbers. */
export function lowestFree(taken: Iterable<number>, first: number): number {
  const set = new Set(taken)
  let number = first
  while (set.has(number)) number++
  return number
}

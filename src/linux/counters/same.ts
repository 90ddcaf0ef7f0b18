/** Whether two lists have the very same things, in the same order. */
export function areSame<T>(one: readonly T[], other: readonly T[]): boolean {
  return one.length === other.length && one.every((each, n) => each === other[n])
}

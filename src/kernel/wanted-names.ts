/** Finds names that somebody wants in the text of a table, without making a string of any word of it. */

export type WantedNames<T> = {
  /** What is wanted by the name that stands there; undefined: nothing is. */
  readonly find: (text: Buffer, start: number, end: number) => T | undefined
}

export function wantedNames<T>(wanted: ReadonlyMap<string, T>): WantedNames<T> {
  const byHash = new Map<number, Wanted<T>[]>()
  for (const [name, value] of wanted) {
    const bytes = Buffer.from(name)
    const hash = hashOf(bytes, 0, bytes.length)
    byHash.set(hash, [...(byHash.get(hash) ?? []), { bytes, value }])
  }
  return {
    find: (text, start, end) =>
      byHash
        .get(hashOf(text, start, end))
        ?.find(({ bytes }) => text.compare(bytes, 0, bytes.length, start, end) === 0)
        ?.value,
  }
}

type Wanted<T> = { readonly bytes: Buffer; readonly value: T }

/** FNV-1a, 32 bits. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193) // below end
  return hash
}

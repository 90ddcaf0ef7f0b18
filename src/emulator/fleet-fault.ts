/** One thing that is wrong in a machine file, and the names of its fields. */
export type FleetFault = {
  /** `hosts[0].subsystems[1].nqn`; `document` is the whole of it. */
  readonly field: string
  /** Goes on from the field's name: `must be true or false`. */
  readonly reason: string
}

export const DOCUMENT = 'document'

/** The name of what is in `parent` under a key or an index. */
export function within(parent: string, part: string | number): string {
  const base = parent === DOCUMENT ? '' : parent
  if (typeof part === 'number') return `${base}[${part}]`
  if (!/^\w+$/.test(part)) return `${base}[${JSON.stringify(part)}]`
  return base === '' ? part : `${base}.${part}`
}

const PART = /\.?(\w+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/gy

/** Keys and indices that lead to a field. */
export function partsOf(field: string): readonly (string | number)[] {
  if (field === DOCUMENT) return []
  return [...field.matchAll(PART)].map(([, name, index, quoted]) => {
    if (index !== undefined) return Number(index)
    return quoted === undefined ? (name ?? '') : String(JSON.parse(quoted))
  })
}

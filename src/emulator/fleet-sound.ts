/** Which parts of a malformed fleet can still be compared: contradictions in them are told together with the faults of shape. */
import type { FleetFault } from './fleet-fault.ts'

/** Something of the fleet, and the name of its field. */
export type Placed<T> = { readonly item: T; readonly at: string }

export type Sound = {
  /** Nothing is wrong with this very field; something may be in it. */
  readonly itself: (field: string) => boolean
  /** Nor with anything in it. */
  readonly whole: (field: string) => boolean
  /** Those of a list that are sound themselves; none when the list is no list, or is missing. */
  readonly items: <T>(list: readonly T[] | undefined, at: string) => readonly Placed<T>[]
}

export function soundParts(malformed: readonly FleetFault[]): Sound {
  const fields = new Set(malformed.map(({ field }) => field))
  const itself = (field: string) => !fields.has(field)
  const whole = (field: string) =>
    ![...fields].some((one) => one === field || isBelow(one, field))

  function items<T>(list: readonly T[] | undefined, at: string): readonly Placed<T>[] {
    if (!itself(at)) return []
    return (list ?? [])
      .map((item, i) => ({ item, at: `${at}[${i}]` }))
      .filter((placed) => itself(placed.at))
  }

  return { itself, whole, items }
}

function isBelow(field: string, parent: string): boolean {
  return field.startsWith(`${parent}.`) || field.startsWith(`${parent}[`)
}

/** Those whose key an earlier one has already. */
export function repeated<T>(
  placed: readonly Placed<T>[],
  field: string,
  key: (item: T) => unknown
): readonly FleetFault[] {
  const first = new Map<unknown, string>()
  return placed.flatMap(({ item, at }) => {
    const own = `${at}.${field}`
    const earlier = first.get(key(item))
    if (earlier === undefined) first.set(key(item), own)
    return earlier === undefined ? [] : [{ field: own, reason: `is that of ${earlier}` }]
  })
}

/** Which machines on demand are there: when there are more than enough, those that came first are let go if they can be. */

/** What is let go; false: it is needed. */
export type Awake = { readonly letGo: () => boolean }

export interface AwakeMachines {
  /** One more is there. */
  joined: (machine: Awake) => void
  count: () => number
}

/** @param enough as many stay at least, used or not */
export function awakeMachines(enough: number): AwakeMachines {
  const there = new Set<Awake>()
  return {
    joined: (machine) => {
      there.add(machine)
      for (const other of there) {
        if (there.size <= enough) return
        if (other !== machine && other.letGo()) there.delete(other)
      }
    },
    count: () => there.size,
  }
}

/**
 * One at a time for each key, in order. Requests on one subsystem are looked at one after the other, so that two of
 * them are not both given the last VF, or one namespace. Within this process; what another would do meanwhile the steps' guards see.
 */
export interface Turns {
  readonly take: <Result>(key: string, work: () => Promise<Result>) => Promise<Result>
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>()
  return {
    take: (key, work) => {
      const before = last.get(key) ?? Promise.resolve()
      const mine = before.then(work, work)
      last.set(key, mine)
      const leave = () => {
        if (last.get(key) === mine) last.delete(key)
      }
      mine.then(leave, leave)
      return mine
    },
  }
}

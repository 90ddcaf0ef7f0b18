/** Work that must not overlap, one after the other in the order in which it was asked for. */
export type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>

export function inTurn(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    last = mine.catch(() => {}) // whoever asked for it is told
    return mine
  }
}

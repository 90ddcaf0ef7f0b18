/** Runs one at a time; everybody who asks during a run shares the one after it. */
export type Coalesced = {
  /** Resolves, or rejects, with a run that began after this call. */
  readonly run: () => Promise<void>
  /** Resolves when none is running or waiting. Never rejects. */
  readonly idle: () => Promise<void>
}

export function coalesced(task: () => Promise<void>): Coalesced {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined

  function run(): Promise<void> {
    if (next) return next
    if (!running) return begin()
    next = running.then(takeTurn, takeTurn)
    return next
  }

  function takeTurn(): Promise<void> {
    next = undefined
    return begin()
  }

  function begin(): Promise<void> {
    const mine: Promise<void> = task().finally(() => {
      if (running === mine) running = undefined
    })
    running = mine
    return mine
  }

  async function idle(): Promise<void> {
    while (next ?? running) await Promise.allSettled([next ?? running])
  }

  return { run, idle }
}

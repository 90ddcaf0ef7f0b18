/**
 * That a run is to be left, and why. Most runs are never left: the AbortSignal, which costs as much as a step, is made for
 * whoever waits by it.
 */
export class Leaving {
  private reason: Error | undefined
  private controller: AbortController | undefined

  get aborted(): boolean {
    return this.reason !== undefined
  }

  /** @throws the reason */
  throwIfAborted(): void {
    if (this.reason !== undefined) throw this.reason
  }

  /** Its reason is the one that {abort} was given. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController()
      if (this.reason !== undefined) this.controller.abort(this.reason)
    }
    return this.controller.signal
  }

  /** The first reason counts. */
  abort(reason: Error): void {
    if (this.reason !== undefined) return
    this.reason = reason
    this.controller?.abort(reason)
  }
}

/** What it comes to, unless the run is left before that. @throws what it throws; the reason to leave */
export function unlessLeft(promise: Promise<void>, { signal }: Leaving): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error) // always {Stopped} or {Cancelled}
    signal.addEventListener('abort', abort, { once: true })
    const forget = () => signal.removeEventListener('abort', abort)
    promise.finally(forget).then(resolve, reject)
    if (signal.aborted) abort()
  })
}

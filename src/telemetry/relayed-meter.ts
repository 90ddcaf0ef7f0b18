/** Interrupts of a guest's function, which the host relays to it: two readings become a rate for each queue. */
import type { HostFrame } from '../host/frame.ts'
import { ratesPerSecond } from './rates.ts'
import type { RelayedInterrupts } from './telemetry.ts'

type Before = {
  readonly bootId: string
  readonly qid: Float64Array
  readonly interrupts: Float64Array
  readonly perSecond: Float64Array
  clockMs: number
}

export class RelayedMeter {
  #before: Before | undefined

  /** undefined: none of its queues is known. Of the first reading, and after other vectors, the rates are NaN. */
  read({ bootId, sourceClockMs, observed }: HostFrame): RelayedInterrupts | undefined {
    if (observed.observed || observed.queues === undefined) return this.forget()
    if (observed.interrupts) {
      this.forget()
      return observed.interrupts
    }
    const { qid, interrupts } = observed.queues
    const before = this.#since(bootId, qid)
    const { perSecond } = before
    const seconds = (sourceClockMs - before.clockMs) / 1000
    ratesPerSecond(before.interrupts, interrupts, seconds, perSecond)
    before.interrupts.set(interrupts)
    before.clockMs = sourceClockMs
    return { observed: true, qid: before.qid, perSecond }
  }

  forget(): undefined {
    this.#before = undefined
  }

  #since(bootId: string, qid: Float64Array): Before {
    const known = this.#before
    const isSame =
      known?.bootId === bootId &&
      known.qid.length === qid.length &&
      known.qid.every((id, row) => id === qid[row])
    if (isSame) return known
    const unknown = () => new Float64Array(qid.length).fill(NaN)
    const begun = { bootId, qid: qid.slice(), clockMs: NaN }
    this.#before = { ...begun, interrupts: unknown(), perSecond: unknown() }
    return this.#before
  }
}

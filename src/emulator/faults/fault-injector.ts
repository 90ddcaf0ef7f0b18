/** Faults that a test, a machine file or a drill puts into the machine: at a call's door. */
import type {
  ArmedFault,
  FaultDescription,
  FaultKind,
  HangingCalls,
} from '../../host/drills.ts'
import type { KernelCall } from '../../kernel/call.ts'
import type { EmulatedLinux } from '../linux.ts'
import { fraction } from '../load/seeded.ts'
import { matcherOf } from './call-match.ts'
import type { Matcher } from './call-match.ts'

/** How a call that hung comes back; `host-gone`: its host was switched off. */
export type ComingBack = HangingCalls | 'host-gone'

/** What becomes of a call. */
export type Strike = {
  readonly kind: FaultKind
  /** Only for `never-returns`. */
  readonly hang: () => Promise<ComingBack>
}

export class FaultInjector {
  readonly #armed = new Map<string, Armed>()
  readonly #hanging = new Map<Hung, (how: ComingBack) => void>()
  #lastId = 0

  arm(fault: FaultDescription): ArmedFault {
    const armed: Armed = {
      id: String(++this.#lastId),
      fault,
      matches: matcherOf(fault),
      seen: 0,
      struck: 0,
    }
    this.#armed.set(armed.id, armed)
    return this.#viewOf(armed)
  }

  /** Returns a way to take it back, which leaves calls hanging that hang. */
  add(fault: FaultDescription): () => void {
    const { id } = this.arm(fault)
    return () => void this.#armed.delete(id)
  }

  armed(): readonly ArmedFault[] {
    return [...this.#armed.values()].map((armed) => this.#viewOf(armed))
  }

  takeBack(id: string, how: HangingCalls): ArmedFault | undefined {
    const armed = this.#armed.get(id)
    if (!armed) return undefined
    this.#armed.delete(id)
    this.#letGo((hung) => hung.armed === armed, how)
    return this.#viewOf(armed)
  }

  /** Calls that hang in `never-returns` now. */
  hanging(): readonly KernelCall[] {
    return [...this.#hanging.keys()].map(({ call }) => call)
  }

  /** Lets every hanging call come back: with its effect, or with EINTR and without. */
  release(how: ComingBack): void {
    this.#letGo(() => true, how)
  }

  /** undefined: nothing becomes of it. Every armed fault that matches counts the call; the first one spoils it. */
  strike(linux: EmulatedLinux, call: KernelCall): Strike | undefined {
    let striking: Armed | undefined
    for (const armed of this.#armed.values()) {
      if (!armed.matches(linux, call)) continue
      if (isDue(armed) && !striking) striking = armed
    }
    if (!striking) return undefined
    const armed = striking
    armed.struck++
    return { kind: armed.fault.kind, hang: () => this.#hang({ armed, call }) }
  }

  #hang(hung: Hung): Promise<ComingBack> {
    return new Promise((resolve) => this.#hanging.set(hung, resolve))
  }

  #letGo(which: (hung: Hung) => boolean, how: ComingBack): void {
    for (const [hung, comeBack] of this.#hanging) {
      if (!which(hung)) continue
      this.#hanging.delete(hung)
      comeBack(how)
    }
  }

  #viewOf(armed: Armed): ArmedFault {
    const { id, fault, struck } = armed
    const hanging = [...this.#hanging.keys()].filter((hung) => hung.armed === armed).length
    return { id, fault, struck, hanging, usedUp: struck >= (fault.times ?? Infinity) }
  }
}

type Armed = {
  readonly id: string
  readonly fault: FaultDescription
  readonly matches: Matcher
  /** Matching calls so far. */
  seen: number
  struck: number
}

type Hung = { readonly armed: Armed; readonly call: KernelCall }

/** Counts the call. */
function isDue(armed: Armed): boolean {
  const { skip = 0, times = Infinity, chance = 1, seed = 1 } = armed.fault
  const nth = armed.seen++
  if (nth < skip || armed.struck >= times) return false
  return chance >= 1 || fraction(seed, nth, 0) < chance
}

/** An emulated machine at one of whose kernel calls the service that makes it is killed. */
import { systemClock } from '../../src/clock.ts'
import { isControl } from '../../src/emulator/call-kinds.ts'
import type { EmulatedMachine } from '../../src/emulator/machine.ts'
import type { KernelCall } from '../../src/kernel/call.ts'
import type { Kernel, Lane } from '../../src/kernel/kernel.ts'
import { KernelError } from '../../src/kernel/kernel-error.ts'
import { eachBy } from '../support/each-by.ts'

export const WAYS = [
  /** The call does not get to the kernel. */
  'before the call',
  /** It took effect, and nobody heard of it. */
  'after the call',
  /** The service was told, and may be writing that down, or be at the next thing. */
  'soon after the call',
  /** The kernel is still at it when the next service starts. */
  'during the call',
] as const

export type Death = {
  readonly way: (typeof WAYS)[number]
  /** Which of the calls from now on, 1 the first; of those that may change the machine only, or of all. */
  readonly nth: number
  readonly of: 'changes' | 'calls'
  /** For `soon after`. */
  readonly laterMs: number
}

/** Calls since they were last counted. */
export type Calls = { readonly calls: number; readonly changes: number }

export type DeadlyMachine = {
  /** To be served. */
  readonly machine: EmulatedMachine
  readonly count: () => Calls
  /** @returns resolves when it was killed: never where it does not make so many calls */
  readonly killAt: (death: Death, kill: () => Promise<void>) => Promise<void>
  /** Its call has come. */
  readonly isDying: () => boolean
  /** Nobody is killed any more, and what a killed one left in the kernel ends. */
  readonly letGo: () => void
}

type Armed = Death & {
  readonly kill: () => Promise<void>
  readonly killed: () => void
}

export function deadlyMachine(machine: EmulatedMachine): DeadlyMachine {
  const counted = { calls: 0, changes: 0 }
  let armed: Armed | undefined
  let isDying = false
  let left: (() => void)[] = []

  async function pass<T>(call: KernelCall, effect: () => Promise<T>): Promise<T> {
    counted.calls++
    if (isControl(call)) counted.changes++
    const death = armed
    if (!death || counted[death.of] !== death.nth) return effect()
    if (death.of === 'changes' && !isControl(call)) return effect()
    armed = undefined
    isDying = true
    return meet(death, effect)
  }

  async function meet<T>(death: Armed, effect: () => Promise<T>): Promise<T> {
    const kill = () => death.kill().then(death.killed)
    if (death.way === 'soon after the call') {
      systemClock.after(death.laterMs, () => void kill())
      return effect()
    }
    if (death.way === 'after the call') await Promise.allSettled([effect()])
    await kill()
    if (death.way === 'during the call') {
      await new Promise<void>((resolve) => left.push(resolve))
      return effect()
    }
    throw new KernelError('call', 'of a service that was killed', 'EIO') // nobody hears it
  }

  const deadlyLane = (lane: Lane): Lane => {
    const call: Lane['call'] = (one, options) => pass(one, () => lane.call(one, options))
    return { ...lane, call, callTogether: eachBy(call) }
  }
  const { kernel } = machine
  const deadly: Kernel = {
    ...kernel,
    call: (call) => pass(call, () => kernel.call(call)),
    lane: (key) => deadlyLane(kernel.lane(key)),
  }
  return {
    machine: { ...machine, kernel: deadly },
    count: () => {
      const { calls, changes } = counted
      counted.calls = 0
      counted.changes = 0
      return { calls, changes }
    },
    killAt: (death, kill) =>
      new Promise((killed) => {
        counted.calls = 0
        counted.changes = 0
        isDying = false
        armed = { ...death, kill, killed }
      }),
    isDying: () => isDying,
    letGo: () => {
      armed = undefined
      for (const go of left) go()
      left = []
    },
  }
}

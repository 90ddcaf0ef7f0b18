/**
 * A process that dies at a moment of its life: a commit, or a control call to a kernel. What it did until then is durable and
 * took effect; no answer reaches it any more, and nothing that it asks is heard.
 */
import { isControl } from '../../src/emulator/call-kinds.ts'
import type { Kernel, Lane } from '../../src/kernel/kernel.ts'
import type { Store } from '../../src/store/store.ts'
import { eachBy } from './each-by.ts'

export type Moment = 'commit' | 'kernel call'

export type MortalProcess = {
  /** The store, as this process has it. */
  readonly store: Store
  /** That kernel, as this process has it. */
  readonly kernel: (kernel: Kernel) => Kernel
  /** Counts from now on. The last of so many moments has its effect, and then it is dead. */
  readonly livesFor: (moments: number) => void
  /** Those that were counted. */
  readonly moments: () => readonly Moment[]
  readonly isDead: () => boolean
}

export function mortalProcess(durable: Store): MortalProcess {
  let left = Infinity
  let moments: Moment[] = []
  let dead = false

  async function live<T>(moment: Moment | undefined, effect: () => Promise<T>): Promise<T> {
    if (left <= 0) return never()
    if (moment !== undefined) {
      left--
      moments.push(moment)
    }
    const outcome = await Promise.allSettled([effect()])
    if (left > 0) return resultOf(outcome)
    dead = true
    return never()
  }

  const mortalLane = (lane: Lane): Lane => {
    const call: Lane['call'] = (one, options) =>
      live(isControl(one) ? 'kernel call' : undefined, () => lane.call(one, options))
    return { ...lane, call, callTogether: eachBy(call) }
  }

  return {
    store: { ...durable, commit: (writes) => live('commit', () => durable.commit(writes)) },
    kernel: (kernel) => ({
      ...kernel,
      call: (call) => live(undefined, () => kernel.call(call)),
      lane: (key) => mortalLane(kernel.lane(key)),
    }),
    livesFor: (most) => {
      left = most
      moments = []
    },
    moments: () => moments,
    isDead: () => dead,
  }
}

function resultOf<T>([outcome]: [PromiseSettledResult<T>]): T {
  if (outcome.status === 'rejected') throw outcome.reason
  return outcome.value
}

function never<T>(): Promise<T> {
  return new Promise(() => {})
}

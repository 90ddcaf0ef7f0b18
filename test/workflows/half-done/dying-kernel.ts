/** A kernel that a service dies with: from one control call on, what it asks takes effect and never comes back to it. */
import type { KernelCall } from '../../../src/kernel/call.ts'
import type { Kernel, Lane, LaneKey } from '../../../src/kernel/kernel.ts'
import { isChange } from '../../../src/linux/lane-session.ts'
import { eachBy } from '../../support/each-by.ts'

export type DyingKernel = {
  readonly kernel: Kernel
  /** Of that lane's control calls from now on, the nth and all after it do not come back. */
  readonly dieAt: (lane: LaneKey, nth: number) => void
}

export function dyingKernel(kernel: Kernel): DyingKernel {
  const left = new Map<LaneKey, number>()
  const isLast = (key: LaneKey, call: KernelCall): boolean => {
    const calls = left.get(key)
    if (calls === undefined || !isChange(call)) return false
    left.set(key, calls - 1)
    return calls <= 1
  }
  const dying = (lane: Lane): Lane => {
    const call: Lane['call'] = async (one, options) => {
      const last = isLast(lane.key, one)
      if (last && left.get(lane.key) !== 0) return never()
      const answer = await lane.call(one, options)
      return last ? never() : answer
    }
    return { ...lane, call, callTogether: eachBy(call) }
  }
  return {
    kernel: { ...kernel, lane: (key) => dying(kernel.lane(key)) },
    dieAt: (lane, nth) => void left.set(lane, nth),
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => {})
}

/** Writes that are made at the same time, each by what stands before a lane's single calls. */
import { allEnded } from '../../src/kernel/all-ended.ts'
import type { Lane } from '../../src/kernel/kernel.ts'

export function eachBy(call: Lane['call']): Lane['callTogether'] {
  return async (calls, options) => {
    const made = calls.map((one) => call(one, options))
    await allEnded(made)
    const answers = await Promise.all(made)
    const blocked = answers.find(({ done }) => !done)
    return blocked ?? { done: true, answer: null }
  }
}

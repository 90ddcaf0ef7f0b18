/** For files whose tests go on from where the one before left the machine. */
import { beforeEach, onTestFailed } from 'vitest'

/**
 * After a test has failed, those behind it fail at once and say why, instead of waiting for what cannot come.
 *
 * @param story what the guest said last, printed with the failure
 */
export function inOrder(story: () => string): void {
  let failed: string | undefined
  beforeEach((context) => {
    if (failed !== undefined) throw new Error(`"${failed}" left the machine elsewhere`)
    onTestFailed(() => {
      failed ??= context.task.name
      process.stderr.write(`the guest when "${context.task.name}" failed\n${story()}\n`)
    })
  })
}

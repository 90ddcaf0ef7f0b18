import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { coalesced } from '../../src/inventory/coalesced.ts'

test('who asks at the moment in which a run ends shares the one that waits, and no two are at work at once', async () => {
  let atWork = 0
  let most = 0
  let runs = 0
  const { run, idle } = coalesced(async () => {
    runs++
    most = Math.max(most, ++atWork)
    await setImmediate()
    atWork--
  })

  const first = run()
  const atItsEnd = first.then(run)
  await Promise.all([first, run(), atItsEnd])
  await idle()

  expect(most).toBe(1)
  expect(runs).toBe(2)
})

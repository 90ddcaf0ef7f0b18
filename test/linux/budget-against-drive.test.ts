/**
 * The rules of `nvme/` against a drive that knows nothing of them: what we allow it accepts, and what we refuse it
 * refuses too. Known differences: none with QEMU's model, whose granularity is 1.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FlexibleResources } from '../../src/nvme/secondary-controller.ts'
import { HostDriverError } from '../../src/host/driver.ts'
import { refusalsOf } from '../../src/nvme/budget.ts'
import { pf } from './captured-host.ts'
import { applied, appliedAll, emulatedHost, type EmulatedHost } from './emulated-host.ts'

const resources = fc.record({
  vq: fc.integer({ min: 0, max: 10 }),
  vi: fc.integer({ min: 0, max: 8 }),
})

test('a budget is refused when and only when the drive refuses it', async () => {
  const wanted = fc.array(resources, { minLength: 1, maxLength: 8 })

  await fc.assert(
    fc.asyncProperty(wanted, async (wishes) => {
      const world = await emulatedHost()
      await appliedAll(world, [
        { change: 'setAutoprobe', pf, enabled: false },
        { change: 'setVfCount', pf, count: 8 },
      ])
      const reply = await world.host.ask({ read: 'primary', pf })
      if (!reply.answered) throw new Error('nothing hangs')

      const refusals = refusalsOf(reply.answer, wishes)

      expect(await accepts(world, wishes), JSON.stringify(refusals)).toBe(
        refusals.length === 0
      )
    }),
    { numRuns: 60 }
  )
})

async function accepts(
  world: EmulatedHost,
  wishes: readonly FlexibleResources[]
): Promise<boolean> {
  try {
    for (const [index, { vq, vi }] of wishes.entries()) {
      const cntlid = index + 1
      const assign = { change: 'assignResources', pf, cntlid } as const
      await applied(world, { ...assign, resource: 'vq', count: vq })
      await applied(world, { ...assign, resource: 'vi', count: vi })
      await applied(world, { change: 'bringOnline', pf, cntlid })
    }
    return true
  } catch (cause) {
    if (cause instanceof HostDriverError && cause.failure.kind === 'nvme-refused') {
      return false
    }
    throw cause
  }
}

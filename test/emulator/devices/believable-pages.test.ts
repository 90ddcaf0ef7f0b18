/** Whatever is sent to a drive and whatever happens to it, `nvme/` can believe what it says then. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  controllerReset,
  disableVfs,
  enableVfs,
  functionLevelReset,
} from '../../../src/emulator/devices/resets.ts'
import { freeOf, MIN_ONLINE } from '../../../src/nvme/secondary-controller.ts'
import { readSecondaryList } from '../../../src/nvme/secondary-list.ts'
import { ASSIGN, driveOf, OFFLINE, ONLINE, primaryOf, TO_PRIMARY } from './drive.ts'
import type { TestDrive } from './drive.ts'
import { capabilities, DEVICES, PRIMARY, secondaries } from './nvme-view.ts'

/** A new one each time, printed so that a failure can be run again with RULES_SEED. */
const seed = Number(process.env['RULES_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
process.stdout.write(`believable pages: seed ${seed}\n`)

/** Anything that may be sent, and anything that may happen. */
const happenings = fc.oneof(
  fc.record({
    send: fc.constantFrom(TO_PRIMARY, OFFLINE, ASSIGN, ONLINE, 3),
    cntlid: fc.integer({ min: 0, max: 7 }),
    resource: fc.integer({ min: 0, max: 2 }),
    count: fc.integer({ min: 0, max: 18 }),
  }),
  fc.record({ enable: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ reset: fc.constantFrom('controller', 'function', 'vf' as const) })
)

type Happening = typeof happenings extends fc.Arbitrary<infer T> ? T : never

test.for(DEVICES)('whatever happens to %s, nvme/ can believe its pages', (device) => {
  fc.assert(
    fc.property(fc.array(happenings, { minLength: 1, maxLength: 40 }), (all) => {
      const drive = driveOf(device)
      for (const happening of all) happen(drive, happening)

      const entries = secondaries(drive)
      const { vq, vi } = capabilities(drive)

      expect(readSecondaryList(entries, PRIMARY, 4)).toMatchObject({ trusted: true })
      expect(entries.reduce((sum, one) => sum + one.vq, 0)).toBe(vq.assigned)
      expect(entries.reduce((sum, one) => sum + one.vi, 0)).toBe(vi.assigned)
      expect([freeOf(vq), freeOf(vi)]).toEqual([
        vq.total - vq.primary - vq.assigned,
        vi.total - vi.primary - vi.assigned,
      ])
      for (const { stateCode, ...held } of entries)
        if (stateCode === 1) expect(held.vq).toBeGreaterThanOrEqual(MIN_ONLINE.vq)
    }),
    { numRuns: 200, seed }
  )
})

function happen(drive: TestDrive, happening: Happening): void {
  const primary = primaryOf(drive)
  if ('send' in happening) {
    const { send, cntlid, resource, count } = happening
    drive.virt(send, cntlid, resource, count)
    return
  }
  if ('enable' in happening) {
    disableVfs(primary)
    if (happening.enable > 0) enableVfs(primary, happening.enable)
    return
  }
  switch (happening.reset) {
    case 'controller':
      controllerReset(primary)
      break
    case 'function':
      functionLevelReset(primary)
      break
    case 'vf': {
      const vf = drive.subsystem.controllers.get(1)
      if (vf) functionLevelReset(vf)
      break
    }
  }
}

/** Interrupt Coalescing: an interrupt for as many completions as the threshold, or for those that come in time. */
import { expect, test } from 'vitest'
import { coalescingFeature } from '../../../src/emulator/load/coalescing.ts'
import type { CoalescingDescription } from '../../../src/emulator/load/load-description.ts'
import { labLikeHost } from '../../../src/emulator/lab-like-host.ts'
import { DRIVERS, PF, testMachine } from '../machine-calls.ts'
import { tableOf } from './any-load.ts'

/** Completions per interrupt over a long time, of one queue. */
function perInterrupt(arrivalsPerSecond: number, coalescing?: CoalescingDescription) {
  const load = {
    arrivalsPerSecond,
    serviceMicroseconds: 100,
    ...(coalescing && { coalescing }),
  }
  const table = tableOf(load, 1, 1)
  table.advanceTo(10_000_000)
  return table.columns.completions[0]! / table.interrupts(0)
}

test.for([
  ['none: each completion interrupts', 100_000, undefined, 1],
  ['a busy queue reaches the threshold', 100_000, { threshold: 8, microseconds: 1_000 }, 8],
  ['a slow one runs into the time', 10_000, { threshold: 64, microseconds: 300 }, 4],
  ['no time to wait', 100_000, { threshold: 8, microseconds: 0 }, 1],
] as const)('%s', ([, rate, coalescing, expected]) => {
  expect(perInterrupt(rate, coalescing)).toBeCloseTo(expected, 2)
})

test('the feature has the threshold 0’s based, and the time in steps of 100 µs', () => {
  const load = { depth: 1, serviceMicroseconds: 1 }
  const coalescing = { threshold: 8, microseconds: 1_000 }

  expect(coalescingFeature({ ...load, coalescing })).toBe(0x0a07)
  expect(coalescingFeature(load)).toBeUndefined()
})

test('Get Features tells of the coalescing by which interrupts are counted, of a VF too', async () => {
  const coalescing = { threshold: 8, microseconds: 500 }
  const load = { depth: 4, serviceMicroseconds: 100, coalescing }
  const host = labLikeHost()
  const [drive, plain] = host.subsystems
  const controllers = drive!.controllers.map((one) => ({ ...one, load })) // it has two drives
  const machine = await testMachine({
    ...host,
    subsystems: [{ ...drive!, controllers }, plain!],
  })
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  await machine.write(`${PF}/sriov_numvfs`, '1')
  await machine.virt(8, 1, 0, 3)
  await machine.virt(8, 1, 1, 3)
  await machine.virt(9, 1)
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '1')
  await machine.write(`${DRIVERS}/nvme/bind`, '0000:01:00.1')
  const asked = (device: string) => machine.admin(device, { opcode: 0x0a, cdw10: 0x08 })

  expect((await asked('/dev/nvme0')).result, 'the PF').toBe(0x0507)
  expect((await asked('/dev/nvme2')).result, 'its VF').toBe(0x0507)
  expect((await asked('/dev/nvme1')).result, 'the other drive').toBe(0)
})

import { expect, test } from 'vitest'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { KERNEL_TIMING } from '../../src/emulator/timing.ts'
import { begun, testMachine, type TestMachine } from './machine-calls.ts'

const DISK = '/dev/nvme0n1'
const FORMAT = { opcode: 0x80, nsid: 1 }
const CRYPTOGRAPHIC = 2 << 9

/** With a plain drive that does as the specification says. */
async function formatting(): Promise<TestMachine> {
  const lab = labLikeHost()
  const [, plain] = lab.subsystems
  if (!plain) throw new Error('the lab has a plain drive')
  const controllers = plain.controllers.map((one) => ({
    ...one,
    device: 'specification' as const,
  }))
  const subsystems = [{ ...plain, controllers }]
  const machine = await testMachine({ ...lab, subsystems }, { timing: KERNEL_TIMING })
  await machine.clock.advance(1_000)
  return machine
}

test('a format takes as long as its drive takes, and then what was written is gone', async () => {
  const machine = await formatting()
  const path = DISK
  const bytes = Buffer.alloc(512, 'written')
  await machine.lane({ call: 'holdDisk', path })
  await machine.lane({ call: 'writeBlocks', path, offset: 0, bytes })
  const content = async () =>
    String(await machine.lane({ call: 'readBlocks', path, offset: 0, length: 512 }))
  const before = await content()

  const erase = { ...FORMAT, cdw10: CRYPTOGRAPHIC }
  const format = await begun(machine, {
    call: 'admin',
    device: '/dev/nvme0',
    command: erase,
  })
  await machine.clock.advance(1_400)
  const underway = format.said()
  await machine.clock.advance(200)

  expect(underway).toBeUndefined()
  expect(format.said()).toContain('"status":0')
  expect(before).not.toBe(await content())
  const slow = await begun(machine, {
    call: 'admin',
    device: '/dev/nvme0',
    command: FORMAT,
  })
  await machine.clock.advance(19_000)
  expect(slow.said(), 'every block takes longer than a key').toBeUndefined()
  await machine.clock.advance(2_000)
  expect(slow.said()).toContain('"status":0')
})

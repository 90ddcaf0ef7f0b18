/** What Linux sees of what only some devices do. */
import { expect, test } from 'vitest'
import type { DeviceName } from '../../../src/emulator/devices/device-policy.ts'
import { labLikeHost } from '../../../src/emulator/lab-like-host.ts'
import { DRIVERS, PF, testMachine } from '../machine-calls.ts'
import type { TestMachine } from '../machine-calls.ts'

const TO_PRIMARY = 1
const BLOCK_ERASE = { opcode: 0x84, cdw10: 2 }

async function machineWith(device: DeviceName): Promise<TestMachine> {
  const host = labLikeHost()
  const subsystems = host.subsystems.map((drive) => ({
    ...drive,
    controllers: drive.controllers.map((one) => ({ ...one, device })),
  }))
  return testMachine({ ...host, subsystems })
}

test('what a PM1733’s primary gives up it loses at a Function Level Reset', async () => {
  const machine = await machineWith('pm1733')
  const queues = () => machine.read(`${PF}/nvme/nvme0/queue_count`)

  const all = await queues()
  await machine.virt(TO_PRIMARY, 0, 0, 0)
  await machine.virt(TO_PRIMARY, 0, 1, 0)
  await machine.write(`${PF}/nvme/nvme0/reset_controller`, '1')
  const afterControllerReset = await queues()
  await machine.write(`${PF}/reset`, '1')

  expect([all, afterControllerReset, await queues()]).toEqual(['5\n', '5\n', '3\n'])
})

test('a plain drive of QEMU 10 has paths and heads, of QEMU 7.2 ordinary disks', async () => {
  const disks = async (device: DeviceName) =>
    (await (await machineWith(device)).list('/sys/class/block')).join(' ')

  expect(await disks('qemu-7.2')).toBe('nvme0c0n1 nvme0n1 nvme1n1')
  expect(await disks('qemu-10')).toBe('nvme0c0n1 nvme0n1 nvme1c1n1 nvme1n1')
})

test('a VF of QEMU 10 gets what is attached at start whenever it is enabled', async () => {
  const machine = await machineWith('qemu-10')
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  await machine.write(`${PF}/sriov_numvfs`, '1')
  await machine.virt(8, 1, 0, 4)
  await machine.virt(8, 1, 1, 3)
  await machine.virt(9, 1)
  const attached = () =>
    machine.machine.snapshot().attachments['nqn.2019-08.org.qemu:nqn.2026-01.lab:sub0 1']

  const offline = attached()
  await machine.write(`${PF}/virtfn0/driver_override`, 'nvme')
  await machine.write(`${DRIVERS}/nvme/bind`, '0000:01:00.1')
  const bound = attached()
  await machine.detach(1, [1])
  const detached = attached()
  await machine.write(`${PF}/virtfn0/reset`, '1')

  expect([offline, bound, detached, attached()]).toEqual([[0], [0, 1], [0], [0, 1]])
})

test('a Sanitize runs on while the host reboots', async () => {
  const machine = await machineWith('specification')
  const progress = async () => {
    const cdw10 = 127 * 65536 + 0x81
    const log = { opcode: 0x02, nsid: 0xffffffff, cdw10, dataInLength: 512 }
    return Buffer.from((await machine.admin(await device(), log)).data).readUInt16LE(0)
  }
  /** A reboot gives other numbers. */
  const device = async () => `/dev/${(await machine.list(`${PF}/nvme`))[0]}`
  await machine.admin(await device(), BLOCK_ERASE)
  await machine.clock.advance(30_000)
  const before = await progress()

  await machine.machine.drills.fire({ event: 'reboot' })
  await machine.clock.advance(30_000)

  expect([before, await progress()], 'of 120 s').toEqual([0x4000, 0x8000])
})

/** What happens when a controller does not answer: by the clock, and by what the kernel makes of it. */
import { expect, test } from 'vitest'
import type { ControllerDescription, HostDescription } from '../../../src/emulator/fleet.ts'
import { labLikeHost } from '../../../src/emulator/lab-like-host.ts'
import { AT_ONCE, KERNEL_TIMING } from '../../../src/emulator/timing.ts'
import { begun, PF, testMachine } from '../machine-calls.ts'
import type { TestMachine } from '../machine-calls.ts'

/** VF 1 is online and nvme2, and then its primary takes it offline. */
async function takenOffline(
  kernelRelease: string,
  host: HostDescription = labLikeHost()
): Promise<TestMachine> {
  const timing = { ...AT_ONCE, adminTimeoutMs: KERNEL_TIMING.adminTimeoutMs }
  const machine = await testMachine({ ...host, kernelRelease }, { timing })
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  await machine.write(`${PF}/sriov_numvfs`, '1')
  await machine.virt(8, 1, 0, 4)
  await machine.virt(8, 1, 1, 3)
  await machine.virt(9, 1)
  await machine.write(`${PF}/virtfn0/driver_override`, 'nvme')
  await machine.write('/sys/bus/pci/drivers_probe', '0000:01:00.1')
  await machine.virt(7, 1)
  return machine
}

/** No I/O that could time out first. */
function unused(): HostDescription {
  const host = labLikeHost()
  const subsystems = host.subsystems.map((subsystem) => ({
    ...subsystem,
    controllers: subsystem.controllers.map(idle),
  }))
  return { ...host, subsystems }
}

function idle(controller: ControllerDescription): ControllerDescription {
  const { load: _, ...rest } = controller
  return rest
}

const IDENTIFY = {
  call: 'admin',
  device: '/dev/nvme2',
  command: { opcode: 0x06, cdw10: 1, dataInLength: 4096 },
} as const

const STATE = '/sys/class/nvme/nvme2/state'

test('on Linux 6.1 the driver takes itself off when its I/O has timed out', async () => {
  const machine = await takenOffline('6.1.0-56-amd64')

  await machine.clock.advance(29_999)
  const before = await machine.read(STATE)
  await machine.clock.advance(1)

  expect(before).toBe('live\n')
  expect(await machine.exists('/sys/class/nvme/nvme2')).toBe(false)
  expect(await machine.exists(`${PF}/virtfn0/driver`)).toBe(false)
})

test('on Linux 6.12 the driver stays, with a dead controller and disks of no size', async () => {
  const machine = await takenOffline('6.12.95+deb12-amd64')
  const disk = (await machine.list('/sys/class/nvme/nvme2')).find((name) =>
    /^nvme\d+c\d+n\d+$/.test(name)
  )

  await machine.clock.advance(30_000)

  expect(await machine.read(STATE)).toBe('dead\n')
  expect(await machine.link(`${PF}/virtfn0/driver`)).toMatch(/\/nvme$/)
  expect(await machine.read(`/sys/block/${disk}/size`)).toBe('0\n')
  const reset = await machine.write('/sys/class/nvme/nvme2/reset_controller', '1')
  expect(reset, 'a dead controller cannot be reset').toBe('EBUSY')
})

test('a command waits a minute, is cancelled, and the controller is given up with it', async () => {
  const machine = await takenOffline('6.1.0-56-amd64', unused())

  const asked = await begun(machine, IDENTIFY)
  await machine.clock.advance(59_999)
  const waiting = asked.said()
  await machine.clock.advance(1)

  expect(waiting).toBeUndefined()
  expect(asked.said()).toBe('EINTR')
  expect(await machine.exists('/sys/class/nvme/nvme2')).toBe(false)
})

test('a command that waits is cancelled when the controller is given up', async () => {
  const machine = await takenOffline('6.1.0-56-amd64')
  await machine.clock.advance(10_000)

  const asked = await begun(machine, IDENTIFY)
  await machine.clock.advance(20_000)

  expect(asked.said()).toBe('EINTR')
})

test('a VF that is online again before its I/O has timed out is reset, and goes on', async () => {
  const machine = await takenOffline('6.1.0-56-amd64')
  await machine.clock.advance(10_000)
  await machine.virt(8, 1, 0, 4)
  await machine.virt(8, 1, 1, 3)
  await machine.virt(9, 1)

  await machine.clock.advance(20_000)

  expect(await machine.read(STATE)).toBe('live\n')
})

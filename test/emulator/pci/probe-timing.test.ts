/** nvme's probe takes its time, by the clock: up to Linux 6.2 behind the write that bound it, since then within. */
import { expect, test } from 'vitest'
import { labLikeHost } from '../../../src/emulator/lab-like-host.ts'
import { KERNEL_TIMING } from '../../../src/emulator/timing.ts'
import { dualController, FIRST, SECOND } from '../../support/dual-controller.ts'
import { begun, begunWrite, DEVICES, DRIVERS, PF, testMachine } from '../machine-calls.ts'
import type { TestMachine } from '../machine-calls.ts'

const PLAIN = '0000:02:00.0'
const { probeMs, scanMs, giveUpMs } = KERNEL_TIMING
const STATE = '/sys/class/nvme/nvme1/state'

/** The plain controller is off its driver. */
async function unbound(kernelRelease: string): Promise<TestMachine> {
  const description = { ...labLikeHost(), kernelRelease }
  const machine = await testMachine(description, { timing: KERNEL_TIMING })
  await machine.write(`${DRIVERS}/nvme/unbind`, PLAIN)
  return machine
}

const bind = (machine: TestMachine, address = PLAIN) =>
  begunWrite(machine, `${DRIVERS}/nvme/bind`, address)

test('a machine that has booted is ready', async () => {
  const machine = await testMachine(labLikeHost(), { timing: KERNEL_TIMING })

  expect(await machine.read(STATE)).toBe('live\n')
  expect(await machine.exists('/sys/block/nvme1n1')).toBe(true)
})

test('Linux 6.1 binds at once; the controller becomes live, and then has its disks', async () => {
  const machine = await unbound('6.1.0-56-amd64')

  const binding = await bind(machine)
  const said = binding.said()
  const connecting = [await machine.read(STATE), await machine.list(`${DEVICES}/${PLAIN}`)]
  await machine.clock.advance(probeMs)
  const live = [await machine.read(STATE), await machine.exists('/sys/block/nvme1n1')]
  await machine.clock.advance(scanMs)

  expect(said).toBe('ok')
  expect(connecting[0]).toBe('connecting\n')
  expect(connecting[1]).toContain('driver')
  expect(connecting[1]).not.toContain('msi_irqs')
  expect(live).toEqual(['live\n', false])
  expect(await machine.exists('/sys/block/nvme1n1')).toBe(true)
  expect((await machine.list(`${DEVICES}/${PLAIN}/msi_irqs`)).length).toBe(5)
})

test('Linux 6.12 comes back from the write with a live controller', async () => {
  const machine = await unbound('6.12.95+deb12-amd64')

  const binding = await bind(machine)
  const waiting = [binding.said(), await machine.exists(`${DEVICES}/${PLAIN}/driver`)]
  await machine.clock.advance(probeMs)

  expect(waiting).toEqual([undefined, false])
  expect(binding.said()).toBe('ok')
  expect(await machine.read(STATE)).toBe('live\n')
})

const IDENTITY = ['serial', 'model', 'firmware_rev', 'subsysnqn', 'cntlid']

test('a controller has no identity, and no subsystem, before it is live, and keeps both while it is reset', async () => {
  const machine = await testMachine(dualController([]), { timing: KERNEL_TIMING })
  const said = () =>
    Promise.all(IDENTITY.map((file) => machine.read(`/sys/class/nvme/nvme1/${file}`)))
  const found = await said()
  await machine.write(`${DRIVERS}/nvme/unbind`, SECOND)
  await bind(machine, SECOND)

  const connecting = await said()
  const listed = await machine.list('/sys/class/nvme-subsystem/nvme-subsys0')
  await machine.write(`${DRIVERS}/nvme/unbind`, FIRST)
  const left = await machine.list('/sys/class/nvme-subsystem')
  await machine.clock.advance(probeMs)
  const live = await said()
  await begunWrite(machine, '/sys/class/nvme/nvme1/reset_controller', '1')

  expect(found[4]).toBe('2\n')
  expect(connecting).toEqual([...Array<string>(4).fill('(efault)\n'), '0\n'])
  expect(listed.filter((name) => /^nvme\d+$/.test(name))).toEqual(['nvme0'])
  expect(left).toEqual([])
  expect(live).toEqual(found)
  expect(await machine.read(STATE)).toBe('resetting\n')
  expect(await said()).toEqual(found)
})

test('a controller that is not live cannot be opened, nor reset', async () => {
  const machine = await unbound('6.1.0-56-amd64')
  await bind(machine)

  const identify = { opcode: 0x06, cdw10: 1, dataInLength: 4096 }
  const asked = await begun(machine, {
    call: 'admin',
    device: '/dev/nvme1',
    command: identify,
  })
  const reset = await begunWrite(machine, '/sys/class/nvme/nvme1/reset_controller', '1')

  expect([asked.said(), reset.said()]).toEqual(['EAGAIN', 'EBUSY'])
})

test('a function that is unbound while it is probed stays unbound', async () => {
  const machine = await unbound('6.1.0-56-amd64')
  await bind(machine)

  await machine.write(`${DRIVERS}/nvme/unbind`, PLAIN)
  await machine.clock.advance(10 * probeMs)

  expect(await machine.exists('/sys/class/nvme/nvme1')).toBe(false)
  expect(await machine.exists('/sys/block/nvme1n1')).toBe(false)
})

const GIVING_UP = [
  ['6.1.0-56-amd64', 'ok', true],
  ['6.12.95+deb12-amd64', undefined, false],
] as const

test.for(GIVING_UP)(
  'nvme of Linux %s gives an offline VF up after half a second',
  async ([kernelRelease, atOnce, boundMeanwhile]) => {
    const machine = await unbound(kernelRelease)
    await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
    await begunWrite(machine, `${PF}/sriov_numvfs`, '1')
    await machine.clock.advance(KERNEL_TIMING.enableVfsMs)
    await machine.write(`${PF}/virtfn0/driver_override`, 'nvme')

    const binding = await bind(machine, '0000:01:00.1')
    const said = binding.said()
    await machine.clock.advance(giveUpMs - 1)
    const meanwhile = await machine.exists(`${PF}/virtfn0/driver`)
    await machine.clock.advance(1)

    expect(said).toBe(atOnce)
    expect(meanwhile).toBe(boundMeanwhile)
    expect(binding.said()).toBe(atOnce ?? 'ENODEV')
    expect(await machine.exists(`${PF}/virtfn0/driver`)).toBe(false)
    expect(await machine.list('/sys/class/nvme')).toEqual(['nvme0'])
  }
)

test('VFs come a tenth of a second after they were asked for, and go within more than one', async () => {
  const machine = await testMachine(labLikeHost(), { timing: KERNEL_TIMING })
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')

  const enabling = await begunWrite(machine, `${PF}/sriov_numvfs`, '2')
  const reading = await begun(machine, { call: 'read', path: `${PF}/sriov_numvfs` })
  const before = await machine.exists(`${PF}/virtfn0`)
  await machine.clock.advance(KERNEL_TIMING.enableVfsMs)
  const disabling = await begunWrite(machine, `${PF}/sriov_numvfs`, '0')
  const gone = [await machine.exists(`${PF}/virtfn0`), disabling.said()]
  await machine.clock.advance(KERNEL_TIMING.disableVfsMs)

  expect(before).toBe(false)
  expect([enabling.said(), reading.said()], 'the lock of the PF').toEqual(['ok', '2\n'])
  expect(gone).toEqual([false, undefined])
  expect(disabling.said()).toBe('ok')
})

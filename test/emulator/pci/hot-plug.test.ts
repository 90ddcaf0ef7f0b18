/** `remove` and `rescan`: of a function, of a bridge, of the bus. */
import { expect, test } from 'vitest'
import type { Uevent } from '../../../src/kernel/kernel.ts'
import { begunWrite, DEVICES, DRIVERS, labMachine, PF } from '../machine-calls.ts'
import type { TestMachine } from '../machine-calls.ts'

const PLAIN = `${DEVICES}/0000:02:00.0`
const PORT = `${DEVICES}/0000:00:05.0`
const RESCAN = '/sys/bus/pci/rescan'

/** Two VFs, the first on vfio-pci. */
async function withVfs(): Promise<TestMachine> {
  const machine = await labMachine()
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  await machine.write(`${PF}/sriov_numvfs`, '2')
  await machine.write(`${PF}/virtfn0/driver_override`, 'vfio-pci')
  await machine.write('/sys/bus/pci/drivers_probe', '0000:01:00.1')
  return machine
}

async function heardDuring(machine: TestMachine, work: () => Promise<unknown>) {
  const heard: Uevent[] = []
  const stop = await machine.machine.kernel.watchUevents((uevent) => heard.push(uevent))
  await work()
  await stop()
  return heard.map(({ action, devpath }) => `${action} ${devpath.split('/').at(-1)}`)
}

test('a removed function is found again, bound as if for the first time', async () => {
  const machine = await labMachine()
  await machine.write(`${PLAIN}/driver_override`, 'nvme')
  await machine.write(`${PLAIN}/reset_method`, 'bus')

  const heard = await heardDuring(machine, async () => {
    await machine.write(`${PLAIN}/remove`, '1')
    await machine.write(RESCAN, '1')
  })

  expect(heard).toEqual([
    'remove nvme1n1',
    'remove nvme1',
    'unbind 0000:02:00.0',
    'remove 0000:02:00.0',
    'add 0000:02:00.0',
    'add nvme1',
    'bind 0000:02:00.0',
    'change nvme1',
    'add nvme1n1',
  ])
  expect(await machine.read(`${PLAIN}/driver_override`)).toBe('(null)\n')
  expect(await machine.read(`${PLAIN}/reset_method`)).toBe('flr bus\n')
  expect(await machine.link(`${PLAIN}/iommu_group`)).toMatch(/\/8$/)
})

test('a removed function is nowhere, and nothing can be done with it', async () => {
  const machine = await labMachine()

  await machine.write(`${PLAIN}/remove`, '1')

  expect(await machine.list(DEVICES)).not.toContain('0000:02:00.0')
  expect(await machine.exists('/sys/kernel/iommu_groups/8')).toBe(false)
  expect(await machine.list('/sys/class/nvme')).toEqual(['nvme0'])
  const said = [
    await machine.write(`${DRIVERS}/nvme/bind`, '0000:02:00.0'),
    await machine.write('/sys/bus/pci/drivers_probe', '0000:02:00.0'),
    await machine.write(`${PLAIN}/remove`, '1'),
  ]
  expect(said).toEqual(['ENODEV', 'ENODEV', 'ENOENT'])
})

test('0 is understood, and does nothing; what is no number is refused', async () => {
  const machine = await labMachine()

  const said = [
    await machine.write(`${PLAIN}/remove`, '0'),
    await machine.write(RESCAN, '0'),
    await machine.write(`${PLAIN}/remove`, 'yes'),
    await machine.write(RESCAN, ''),
    await machine.write(RESCAN, '-1'),
    await machine.write(`${PLAIN}/rescan`, 'x'),
  ]

  expect(said).toEqual(['ok', 'ok', 'EINVAL', 'ok', 'EINVAL', 'EINVAL'])
  expect(await machine.exists(PLAIN)).toBe(true)
})

test('a rescan of a function looks at its own bus only', async () => {
  const machine = await labMachine()
  await machine.write(`${PLAIN}/remove`, '1')

  await machine.write(`${PF}/rescan`, '1')
  const elsewhere = await machine.exists(PLAIN)
  await machine.write(`${PORT}/rescan`, '1')

  expect(elsewhere).toBe(false)
  expect(await machine.exists(PLAIN), 'the port is on the bus above').toBe(true)
})

test('a removed bridge takes everything below with it, and comes back with it', async () => {
  const machine = await withVfs()
  const port = `${DEVICES}/0000:00:04.0`

  const heard = await heardDuring(machine, () => machine.write(`${port}/remove`, '1'))
  const left = await machine.list(DEVICES)
  await machine.write(RESCAN, '1')

  const functions = heard.filter((text) => text.startsWith('remove 0000'))
  expect(functions).toEqual([
    'remove 0000:01:00.2',
    'remove 0000:01:00.1',
    'remove 0000:01:00.0',
    'remove 0000:00:04.0',
  ])
  expect(left.filter((address) => address.startsWith('0000:01'))).toEqual([])
  expect(await machine.read(`${PF}/sriov_numvfs`), 'VFs are not found by a rescan').toBe(
    '0\n'
  )
})

test('a removed PF leaves its VFs behind, and does not get them back', async () => {
  const machine = await withVfs()

  await machine.write(`${PF}/remove`, '1')
  const left = (await machine.list(DEVICES)).filter((one) => one.startsWith('0000:01'))
  const physfn = await machine.link(`${DEVICES}/0000:01:00.1/physfn`)
  await machine.write(RESCAN, '1')

  expect(left).toEqual(['0000:01:00.1', '0000:01:00.2'])
  expect(physfn).toBe('../0000:01:00.0')
  expect(await machine.read(`${PF}/sriov_numvfs`)).toBe('0\n')
  expect(await machine.write(`${PF}/sriov_numvfs`, '2'), 'their addresses are taken').toBe(
    'EEXIST'
  )
})

test('VFs have neither remove nor rescan', async () => {
  const machine = await withVfs()

  const files = await machine.list(`${DEVICES}/0000:01:00.1`)

  expect(files).toContain('reset')
  expect(files).not.toContain('remove')
  expect(files).not.toContain('rescan')
})

test('a removal waits for a guest, and with it every rescan', async () => {
  const machine = await labMachine()
  await machine.write(`${PLAIN}/driver_override`, 'vfio-pci')
  await machine.write(`${DRIVERS}/nvme/unbind`, '0000:02:00.0')
  await machine.write('/sys/bus/pci/drivers_probe', '0000:02:00.0')
  const letGo = machine.machine.holdVfioGroup(8, 'qemu')

  const removing = await begunWrite(machine, `${PLAIN}/remove`, '1')
  const rescanning = await begunWrite(machine, RESCAN, '1')
  const elsewhere = await begunWrite(machine, `${PF}/driver_override`, 'none')
  const waiting = [removing.said(), rescanning.said(), elsewhere.said()]
  letGo()
  await machine.clock.advance(1)

  expect(waiting).toEqual([undefined, undefined, 'ok'])
  expect([removing.said(), rescanning.said()]).toEqual(['ok', 'ok'])
  expect(await machine.link(`${PLAIN}/driver`), 'found again by that rescan').toMatch(
    /\/nvme$/
  )
})

test('with the bus not probing by itself, what is found has no driver', async () => {
  const machine = await labMachine()
  await machine.write('/sys/bus/pci/drivers_autoprobe', '0')
  await machine.write(`${PLAIN}/remove`, '1')

  await machine.write(RESCAN, '1')

  expect(await machine.exists(`${PLAIN}/driver`)).toBe(false)
  await machine.write('/sys/bus/pci/drivers_probe', '0000:02:00.0')
  expect(await machine.link(`${PLAIN}/driver`)).toMatch(/\/nvme$/)
})

import { expect, test } from 'vitest'
import type { Uevent } from '../../src/kernel/kernel.ts'
import { DEVICES, DRIVERS, labMachine, PF } from './machine-calls.ts'
import type { TestMachine } from './machine-calls.ts'

async function heardDuring(
  machine: TestMachine,
  run: () => Promise<unknown>
): Promise<readonly Uevent[]> {
  const heard: Uevent[] = []
  const stop = await machine.machine.kernel.watchUevents((uevent) => heard.push(uevent))
  await run()
  await stop()
  return heard
}

function inWords({ action, subsystem, devpath }: Uevent): string {
  return `${action} ${subsystem} ${devpath.slice(devpath.lastIndexOf('/') + 1)}`
}

test('VFs are added and changed, then their PF; removed in order', async () => {
  const machine = await labMachine()
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')

  const added = await heardDuring(machine, () => machine.write(`${PF}/sriov_numvfs`, '2'))
  const removed = await heardDuring(machine, () => machine.write(`${PF}/sriov_numvfs`, '0'))

  expect(added.map(inWords)).toEqual([
    'add pci 0000:01:00.1',
    'change pci 0000:01:00.1',
    'add pci 0000:01:00.2',
    'change pci 0000:01:00.2',
    'change pci 0000:01:00.0',
  ])
  expect(removed.map(inWords)).toEqual([
    'remove pci 0000:01:00.1',
    'remove pci 0000:01:00.2',
    'change pci 0000:01:00.0',
  ])
})

test('a driver that leaves and takes a function is heard, with its controller and disks', async () => {
  const machine = await labMachine()

  const left = await heardDuring(machine, () =>
    machine.write(`${DRIVERS}/nvme/unbind`, '0000:02:00.0')
  )
  const taken = await heardDuring(machine, () =>
    machine.write(`${DRIVERS}/nvme/bind`, '0000:02:00.0')
  )

  expect(left.map(inWords)).toEqual([
    'remove block nvme1n1',
    'remove nvme nvme1',
    'unbind pci 0000:02:00.0',
  ])
  expect(taken.map(inWords)).toEqual([
    'add nvme nvme1',
    'bind pci 0000:02:00.0',
    'change nvme nvme1',
    'add block nvme1n1',
  ])
  expect(taken[1]).toMatchObject({
    devpath: '/devices/pci0000:00/0000:00:05.0/0000:02:00.0',
    properties: {
      ACTION: 'bind',
      SUBSYSTEM: 'pci',
      DRIVER: 'nvme',
      PCI_SLOT_NAME: '0000:02:00.0',
    },
  })
})

test('an offline VF is tried and let go within its own addition', async () => {
  const machine = await labMachine()

  const heard = await heardDuring(machine, () => machine.write(`${PF}/sriov_numvfs`, '1'))

  expect(heard.map(inWords)).toEqual([
    'add pci 0000:01:00.1',
    'add nvme nvme2',
    'bind pci 0000:01:00.1',
    'remove nvme nvme2',
    'unbind pci 0000:01:00.1',
    'change pci 0000:01:00.1',
    'change pci 0000:01:00.0',
  ])
})

test('an attached namespace is heard as its disk, not as the hidden path', async () => {
  const machine = await labMachine()

  const heard = await heardDuring(machine, () => machine.attach(2, [0]))

  expect(heard.map(inWords)).toEqual(['add block nvme0n2'])
})

test('nobody is told after the end of the watch, and nothing without a change', async () => {
  const machine = await labMachine()
  const heard = await heardDuring(machine, async () => {
    await machine.read(`${DEVICES}/0000:02:00.0/driver_override`)
    await machine.write(`${PF}/sriov_numvfs`, '0')
  })

  await machine.write(`${DRIVERS}/nvme/unbind`, '0000:02:00.0')

  expect(heard).toEqual([])
})

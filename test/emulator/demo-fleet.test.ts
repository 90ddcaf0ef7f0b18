/** The demo's hosts are what their descriptions promise. */
import { beforeAll, expect, test } from 'vitest'
import { demoFleet } from '../../src/emulator/demo-fleet.ts'
import { DEVICES, DRIVERS, testMachine } from './machine-calls.ts'
import type { TestMachine } from './machine-calls.ts'

const machines = new Map<string, TestMachine>()

beforeAll(async () => {
  for (const host of demoFleet().hosts) machines.set(host.name, await testMachine(host))
})

function host(name: string): TestMachine {
  const machine = machines.get(name)
  if (!machine) throw new Error(`no host ${name}`)
  return machine
}

test('five hosts, each with identities of its own', async () => {
  const ids = await Promise.all(
    [...machines.values()].map(({ read }) => read('/etc/machine-id'))
  )

  expect([...machines.keys()]).toEqual([
    'rack1-nvme-a',
    'rack1-lab-b',
    'rack2-plain-a',
    'rack2-noiommu-b',
    'rack3-dual-a',
  ])
  expect(new Set(ids).size).toBe(5)
  expect(ids.every((id) => /^[0-9a-f]{32}\n$/.test(id))).toBe(true)
})

test('the big drive has a primary with id 65 and VFs from 1, in groups of their own', async () => {
  const machine = host('rack1-nvme-a')
  const pf = `${DEVICES}/0000:41:00.0`
  await machine.write(`${pf}/sriov_drivers_autoprobe`, '0')
  await machine.write(`${pf}/sriov_numvfs`, '32')

  const { secondaries } = machine.machine.snapshot().primaries['0000:41:00.0'] ?? {}

  expect(await machine.read('/sys/class/nvme/nvme0/cntlid')).toBe('65\n')
  expect(secondaries?.map(({ cntlid }) => cntlid)).toEqual(
    Array.from({ length: 32 }, (_, i) => i + 1)
  )
  expect(await machine.link(`${pf}/virtfn31`)).toBe('../0000:41:04.0')
  expect(new Set(await machine.list('/sys/kernel/iommu_groups')).size).toBe(35)
})

test('one plain drive is mounted, another is held, two share a group', async () => {
  const machine = host('rack2-plain-a')
  const { kernel } = machine.machine
  const open = (disk: string) =>
    kernel
      .lane('open')
      .call({ call: 'openExclusive', path: `/dev/${disk}` }, { deadlineMs: 1e9 })
      .then(
        () => 'free',
        (error: unknown) => String(error)
      )

  expect(await machine.read('/proc/1/mountinfo')).toContain(
    ' 259:0 / /var/lib/data rw,relatime shared:40 - ext4 /dev/nvme0n1 rw\n'
  )
  expect(await machine.list('/sys/block/nvme3n1/holders')).toEqual(['dm-0'])
  expect(await open('nvme0n1')).toContain('EBUSY')
  expect(await open('nvme1n1')).toBe('free')
  expect(await open('nvme3n1')).toContain('EBUSY')
  expect(await open('nvme9n1')).toContain('ENOENT')
  const group = await machine.link(`${DEVICES}/0000:03:00.0/iommu_group`)
  expect(await machine.link(`${DEVICES}/0000:04:00.0/iommu_group`)).toBe(group)
})

test('without an IOMMU there is no group and vfio-pci does not bind', async () => {
  const machine = host('rack2-noiommu-b')
  const fn = `${DEVICES}/0000:01:00.0`
  await machine.write(`${fn}/driver_override`, 'vfio-pci')
  await machine.write(`${DRIVERS}/nvme/unbind`, '0000:01:00.0')

  const bind = await machine.write(`${DRIVERS}/vfio-pci/bind`, '0000:01:00.0')
  const probe = await machine.write('/sys/bus/pci/drivers_probe', '0000:01:00.0')

  expect([bind, probe]).toEqual(['EINVAL', 'ok'])
  expect(await machine.exists(`${fn}/driver`)).toBe(false)
  expect(await machine.exists(`${fn}/iommu_group`)).toBe(false)
  expect(await machine.list('/sys/kernel/iommu_groups')).toEqual([])
})

test('two controllers share a head; the second keeps it when the first goes', async () => {
  const machine = host('rack3-dual-a')

  const both = await machine.list('/sys/class/block')
  await machine.write(`${DRIVERS}/nvme/unbind`, '0000:81:00.0')
  const one = await machine.list('/sys/class/block')
  await machine.write(`${DRIVERS}/nvme/bind`, '0000:81:00.0')

  expect(both).toEqual(['nvme0c0n1', 'nvme0c1n1', 'nvme0n1'])
  expect(one).toEqual(['nvme0c1n1', 'nvme0n1'])
  expect(await machine.list('/sys/class/nvme'), 'number 0 is the subsystem’s').toEqual([
    'nvme1',
    'nvme2',
  ])
  expect(await machine.list('/sys/class/block')).toEqual([
    'nvme0c1n1',
    'nvme0c2n1',
    'nvme0n1',
  ])
})

test('a mounted disk that is torn away stays in the table, and its number is not reused', async () => {
  const machine = await testMachine(
    demoFleet().hosts.find(({ name }) => name === 'rack2-plain-a') ??
      demoFleet().hosts[0] ??
      fail()
  )

  await machine.write(`${DRIVERS}/nvme/unbind`, '0000:01:00.0')
  await machine.write(`${DRIVERS}/nvme/bind`, '0000:01:00.0')

  expect(await machine.read('/proc/1/mountinfo')).toContain(' 259:0 / /var/lib/data ')
  expect(await machine.read('/sys/block/nvme0n1/dev')).toBe('259:4\n')
})

function fail(): never {
  throw new Error('the demo fleet is empty')
}

test('native multipath off gives each controller disks of its own', async () => {
  const [dual] = demoFleet().hosts.filter(({ name }) => name === 'rack3-dual-a')
  const machine = await testMachine({ ...(dual ?? fail()), multipath: false })

  expect(await machine.list('/sys/class/block')).toEqual(['nvme0n1', 'nvme1n1'])
  expect(await machine.list('/sys/block/nvme1n1/mq/0')).toContain('cpu_list')
})

test('kernels from 6.3 refuse an offline VF at once, and print interrupts their way', async () => {
  const machine = host('rack1-nvme-a')
  const vf = '/sys/bus/pci/devices/0000:41:00.1'
  await machine.write(`${vf}/driver_override`, 'nvme')

  expect(await machine.write(`${DRIVERS}/nvme/bind`, '0000:41:00.1')).toBe('ENODEV')
  expect(await machine.read('/proc/interrupts')).toMatch(
    / IR-PCI-MSIX-0000:41:00\.0 {2}1-edge +nvme0q1$/m
  )
})

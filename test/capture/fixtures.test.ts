/**
 * Two recorded trees, scanned to what a person read in them. The expected values were copied by eye from the texts of
 * test/fixtures/captures, line by line, and not from what the scan gave.
 */
import { expect, test } from 'vitest'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import type { HostObservation } from '../../src/host/observation.ts'
import { linuxHost } from '../../src/linux/linux-host.ts'
import { PF, testMachine } from '../emulator/machine-calls.ts'
import { scannedFixture } from './recorded-tree.ts'
import type { Fixture } from './recorded-tree.ts'

const LINK = {
  currentSpeed: '2.5 GT/s PCIe',
  currentWidth: 1,
  maxSpeed: '2.5 GT/s PCIe',
  maxWidth: 1,
}
const IDS = {
  vendor: '0x1b36',
  device: '0x0010',
  subsystemVendor: '0x1af4',
  subsystemDevice: '0x1100',
}

/** Sections "PF with 2 VFs", "VF 1", "VF 2", "plain controller", "iommu groups", "cpu". */
const FUNCTIONS = [
  {
    address: '0000:01:00.0',
    pci: { ...IDS, topology: 'pci0000:00/0000:00:04.0/0000:01:00.0' },
    class: '0x010802',
    binding: { driver: 'nvme', override: null },
    group: group(7, '0000:01:00.0', 'nvme'),
    numaNode: -1,
    link: LINK,
    resetMethods: ['flr', 'bus'],
    sriov: { totalVfs: 8, vfCount: 2, autoprobe: false, offset: 1, stride: 1 },
    vf: null,
  },
  {
    address: '0000:01:00.1',
    pci: { ...IDS, topology: 'pci0000:00/0000:00:04.0/0000:01:00.1' },
    class: '0x010802',
    binding: { driver: null, override: null },
    group: group(9, '0000:01:00.1', null),
    numaNode: -1,
    link: LINK,
    resetMethods: ['flr'],
    sriov: null,
    vf: { pf: '0000:01:00.0', vfNumber: 1 },
  },
  {
    address: '0000:01:00.2',
    pci: { ...IDS, topology: 'pci0000:00/0000:00:04.0/0000:01:00.2' },
    class: '0x010802',
    binding: { driver: null, override: null },
    group: group(10, '0000:01:00.2', null),
    numaNode: -1,
    link: LINK,
    resetMethods: ['flr'],
    sriov: null,
    vf: { pf: '0000:01:00.0', vfNumber: 2 },
  },
  {
    address: '0000:02:00.0',
    pci: { ...IDS, topology: 'pci0000:00/0000:00:05.0/0000:02:00.0' },
    class: '0x010802',
    binding: { driver: 'nvme', override: null },
    group: group(8, '0000:02:00.0', 'nvme'),
    numaNode: -1,
    link: LINK,
    resetMethods: ['flr', 'bus'],
    sriov: null,
    vf: null,
  },
]

function group(number: number, address: string, driver: string | null) {
  const member = { address, class: '0x010802', driver, blocksVfio: driver === 'nvme' }
  return { number, viable: driver === null, members: [member] }
}

/** Section "nvme0". The directory of nvme1 was not printed. */
const NVME0 = {
  name: 'nvme0',
  state: 'live',
  serial: 'PF0',
  model: 'QEMU NVMe Ctrl',
  subsystemNqn: 'nqn.2019-08.org.qemu:nqn.2026-01.lab:sub0',
  cntlid: 0,
  queueCount: 3,
  queueDepth: 1024,
}

const WRITTEN: readonly (readonly [Fixture, string, string])[] = [
  ['linux6.1-qemu7.2', '6.1.0-56-amd64', '7.2.22'],
  ['linux6.12-qemu10', '6.12.95+deb12-amd64', '10.0.2'],
]

test.for(WRITTEN)(
  '%s is scanned to what was written down from it',
  async ([fixture, kernelRelease, firmware]) => {
    const seen = await scannedFixture(fixture)

    expect(seen.host).toMatchObject({
      hostname: '(none)',
      kernelRelease,
      onlineCpus: 2,
      iommu: true,
    })
    expect(bySysfs(seen)).toEqual(FUNCTIONS)
    expect(seen.functions.map(({ controller }) => controller)).toEqual([
      {
        ...NVME0,
        firmware,
        capabilities: null,
        primary: null,
        secondaries: [],
        health: null,
      },
      null,
      null,
      null,
    ])
    expect(seen.functions.map(({ blocked }) => blocked)).toEqual([null, null, null, null])
    expect(seen.namespaces, 'only a controller knows them').toEqual([])
  }
)

test.for(WRITTEN)(
  'the emulated twin of %s is scanned to the same',
  async ([fixture, kernelRelease, firmware]) => {
    const { machine, clock, write } = await testMachine(
      twin(fixture, kernelRelease, firmware)
    )
    await write(`${PF}/sriov_drivers_autoprobe`, '0')
    await write(`${PF}/sriov_numvfs`, '2')

    const seen = await linuxHost(machine.kernel, clock).scan()

    expect(seen.host).toMatchObject({ kernelRelease, onlineCpus: 2, iommu: true })
    expect(bySysfs(seen)).toEqual(FUNCTIONS)
    expect(seen.functions[0]?.controller).toMatchObject({ ...NVME0, firmware })
  }
)

function twin(fixture: Fixture, kernelRelease: string, firmware: string): HostDescription {
  const host = labLikeHost()
  const device = fixture === 'linux6.12-qemu10' ? 'qemu-10' : 'qemu-7.2'
  return {
    ...host,
    cpus: 2,
    kernelRelease,
    subsystems: host.subsystems.map((one) => ({
      ...one,
      firmware,
      controllers: one.controllers.map((controller) => ({ ...controller, device })),
    })),
  }
}

/** What sysfs says of each function; whether there is a serial number only configuration space says. */
function bySysfs({ functions }: HostObservation) {
  return functions.map((fn) => {
    const { vendor, device, subsystemVendor, subsystemDevice, topology } = fn.pci
    return {
      address: fn.address,
      pci: { vendor, device, subsystemVendor, subsystemDevice, topology },
      class: fn.class,
      binding: fn.binding,
      group: fn.group,
      numaNode: fn.numaNode,
      link: fn.link,
      resetMethods: fn.resetMethods,
      sriov: fn.sriov,
      vf: fn.vf,
    }
  })
}

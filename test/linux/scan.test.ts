import { expect, test } from 'vitest'
import { KernelError } from '../../src/kernel/kernel-error.ts'
import { patched, u32 } from '../nvme/captured-pages.ts'
import { bindTo, capturedHost, pf, plain, vf1, vf2 } from './captured-host.ts'
import { PF, PLAIN, VF1, VF2 } from './captured-machine.ts'

const NQN = 'nqn.2019-08.org.qemu:nqn.2026-01.lab:sub0'

test('facts name host, kernel, CPUs and IOMMU', async () => {
  const { host } = capturedHost()

  expect(await host.facts()).toEqual({
    machineId: '0123456789abcdef0123456789abcdef',
    bootId: '0d2b1a0c-5ee1-4c39-9b43-5a3d1b1f6a10',
    hostname: 'lab',
    kernelRelease: '6.1.0-56-amd64',
    onlineCpus: 2,
    iommu: true,
  })
})

test('a host without machine-id takes the substitute, and refuses to guess without one', async () => {
  const substitute = 'ffffffffffffffffffffffffffffffff'
  const { machine, host } = capturedHost({ machineId: () => substitute })
  const other = capturedHost()
  machine.files.remove('/etc/machine-id')
  other.machine.files.text('/etc/machine-id', 'uninitialized\n')

  expect((await host.facts()).machineId).toBe(substitute)
  await expect(other.host.facts()).rejects.toThrow('no /etc/machine-id')
})

test('a scan lists primary, VFs and plain controller in address order', async () => {
  const { host, machine } = capturedHost()
  bindTo(machine, VF2, 'vfio-pci')

  const { functions } = await host.scan()

  expect(functions.map(({ address, vf, binding }) => ({ address, vf, binding }))).toEqual([
    { address: pf, vf: null, binding: { driver: 'nvme', override: null } },
    { address: vf1, vf: { pf, vfNumber: 1 }, binding: { driver: null, override: null } },
    {
      address: vf2,
      vf: { pf, vfNumber: 2 },
      binding: { driver: 'vfio-pci', override: null },
    },
    { address: plain, vf: null, binding: { driver: 'nvme', override: null } },
  ])
})

test('a scan sees all of the SR-IOV controller', async () => {
  const { host, drive, machine } = capturedHost()
  Object.assign(drive.secondaries[0] ?? {}, { online: true, vq: 4, vi: 3 })
  const config = patched(
    4096,
    { at: 0x100, bytes: u32(0x00010003) },
    { at: 0x104, bytes: u32(7) }
  )
  machine.files.set(`/sys/bus/pci/devices/${PF}/config`, { kind: 'bytes', bytes: config })

  const primary = (await host.scan()).functions[0]

  expect(primary).toMatchObject({
    pci: {
      vendor: '0x1b36',
      device: '0x0010',
      subsystemVendor: '0x1af4',
      subsystemDevice: '0x1100',
      serialNumber: '0000000000000007',
      topology: `pci0000:00/0000:00:04.0/${PF}`,
    },
    class: '0x010802',
    numaNode: -1,
    link: { currentSpeed: '2.5 GT/s PCIe', currentWidth: 1 },
    resetMethods: ['flr', 'bus'],
    sriov: { totalVfs: 8, vfCount: 2, autoprobe: false, offset: 1, stride: 1 },
    group: { number: 7, viable: false },
    blocked: null,
    controller: {
      name: 'nvme0',
      state: 'live',
      serial: 'PF0',
      model: 'QEMU NVMe Ctrl',
      firmware: '7.2.22',
      subsystemNqn: NQN,
      cntlid: 0,
      queueCount: 3,
      queueDepth: 1024,
      capabilities: {
        namespaceManagement: true,
        virtualizationManagement: true, // though OACS 010Ah does not say so
        doorbellBufferConfig: true,
        maxNamespaces: 256,
      },
      primary: { vq: { total: 32, assigned: 4 }, vi: { total: 24, assigned: 3 } },
      health: { temperatureKelvin: 323, dataUnitsRead: '1' },
    },
  })
  expect(primary?.controller?.secondaries[0]).toEqual({
    cntlid: 1,
    primaryCntlid: 0,
    state: 'online',
    vfNumber: 1,
    held: { vq: 4, vi: 3 },
  })
})

test('a VF has the serial number of its primary, in a scan and by identity', async () => {
  const { host, machine } = capturedHost()
  const config = patched(
    4096,
    { at: 0x100, bytes: u32(0x00010003) },
    { at: 0x104, bytes: u32(7) }
  )
  machine.files.set(`/sys/bus/pci/devices/${PF}/config`, { kind: 'bytes', bytes: config })

  const scanned = (await host.scan()).functions.map(({ pci }) => pci.serialNumber)
  const asked = await host.ask({ read: 'identity', fn: vf1 })

  expect(scanned).toEqual([
    '0000000000000007',
    '0000000000000007',
    '0000000000000007',
    null,
  ])
  expect(asked).toMatchObject({ answer: { pci: { serialNumber: '0000000000000007' } } })
})

test('a plain controller has neither secondaries nor pools', async () => {
  const { host } = capturedHost()

  const found = (await host.scan()).functions.find(({ address }) => address === plain)

  expect(found?.sriov).toBeNull()
  expect(found?.controller).toMatchObject({
    serial: 'PLAIN0',
    primary: null,
    secondaries: [],
    capabilities: { virtualizationManagement: false },
  })
})

test('a list of secondaries that is not as specified leaves the drive unmanaged', async () => {
  const { host, drive } = capturedHost()
  drive.secondaries.push({ cntlid: 9, primary: 4, online: false, vq: 0, vi: 0 })

  const [primary] = (await host.scan()).functions

  expect(primary?.controller).toMatchObject({
    secondaries: [],
    capabilities: { virtualizationManagement: false },
  })
})

test('namespaces are listed once, with disks and who is attached', async () => {
  const { host } = capturedHost()

  const { namespaces } = await host.scan()

  expect(
    namespaces.map(({ serial, nsid, attachedTo, disks }) => ({
      serial,
      nsid,
      attachedTo,
      disks,
    }))
  ).toEqual([
    { serial: 'PF0', nsid: 1, attachedTo: [0, 1, 2], disks: ['nvme0n1'] },
    { serial: 'PF0', nsid: 2, attachedTo: [], disks: [] },
    { serial: 'PF0', nsid: 3, attachedTo: [], disks: [] },
    { serial: 'PF0', nsid: 4, attachedTo: [], disks: [] },
    { serial: 'PLAIN0', nsid: 1, attachedTo: [0], disks: ['nvme1n1'] },
  ])
  expect(namespaces[0]).toMatchObject({
    subsystemNqn: NQN,
    sizeBytes: String(131072 * 512),
    blockBytes: 512,
    metadataBytes: 0,
    shared: true,
    nguid: null,
  })
  expect(namespaces[4]?.uuid).toBe('07'.repeat(16))
})

test('mounts, swap, holders and partitions are found by device number and by source', async () => {
  const { host, machine } = capturedHost()
  machine.files.text(
    '/proc/1/mountinfo',
    '30 1 259:1 / /data rw - ext4 /dev/disk/by-id/x rw\n31 1 0:50 / /srv rw - btrfs /dev/nvme1n1p1 rw\n'
  )
  machine.files.text('/sys/block/nvme1n1/nvme1n1p1/dev', '259:5\n')
  machine.files.text('/sys/block/nvme1n1/nvme1n1p2/dev', '259:6\n')
  machine.files.text('/sys/block/nvme1n1/nvme1n1p2/holders/dm-0', '')
  machine.files.text('/proc/swaps', 'Filename\n/dev/nvme1n1p2 partition 1 0 -2\n')

  const uses = (await host.scan()).namespaces.flatMap((namespace) => namespace.uses)

  expect(uses).toEqual([
    { nsid: 1, disk: 'nvme0n1', use: 'mount', by: '/data' },
    { nsid: 1, disk: 'nvme1n1p1', use: 'mount', by: '/srv' },
    { nsid: 1, disk: 'nvme1n1p2', use: 'swap', by: '/proc/swaps' },
    { nsid: 1, disk: 'nvme1n1p2', use: 'holder', by: 'dm-0' },
  ])
})

test('a VF on the host’s driver is asked only while its primary lists it online', async () => {
  const { host, machine, drive } = capturedHost()
  bindTo(machine, VF1, 'nvme')
  const controller = `/sys/bus/pci/devices/${VF1}/nvme/nvme2`
  for (const file of ['firmware_rev', 'model', 'serial', 'subsysnqn']) {
    machine.files.text(`${controller}/${file}`, 'text\n')
  }
  machine.files.text(`${controller}/state`, 'live\n')
  for (const file of ['cntlid', 'queue_count', 'sqsize']) {
    machine.files.text(`${controller}/${file}`, '1\n')
  }
  machine.files.link('/sys/class/nvme/nvme2', controller)
  const asked: string[] = []
  machine.admin = (device, command) => {
    asked.push(device)
    return drive.answer(device === '/dev/nvme2' ? '/dev/nvme1' : device, command)
  }

  await host.scan()
  expect(asked).not.toContain('/dev/nvme2')

  Object.assign(drive.secondaries[0] ?? {}, { online: true })
  const scan = await host.scan()
  expect(asked).toContain('/dev/nvme2')
  expect(scan.functions[1]?.controller?.capabilities).not.toBeNull()
  expect(scan.functions[1]?.controller?.health).toBeNull()
})

test('a controller that is not live is listed, and not asked', async () => {
  const { host, machine, drive } = capturedHost()
  machine.files.text('/sys/class/nvme/nvme1/state', 'resetting\n')
  machine.admin = (device, command) => {
    if (device === '/dev/nvme1') throw new Error('it hangs')
    return drive.answer(device, command)
  }

  const { functions, namespaces } = await host.scan()

  expect(functions.at(-1)?.controller).toMatchObject({
    state: 'resetting',
    capabilities: null,
  })
  expect(namespaces.map(({ serial }) => serial)).not.toContain('PLAIN0')
})

test('an attribute that cannot be read leaves its field empty, not the scan', async () => {
  const { host, machine } = capturedHost()
  machine.files.remove(`/sys/bus/pci/devices/${PLAIN}/reset_method`)
  machine.files.remove(`/sys/bus/pci/devices/${PLAIN}/iommu_group`)
  machine.before = async (call) => {
    if ('path' in call && call.path === `/sys/bus/pci/devices/${PLAIN}/config`) {
      throw new KernelError(call.call, call.path, 'EIO')
    }
  }

  const found = (await host.scan()).functions.at(-1)

  expect(found).toMatchObject({
    address: plain,
    resetMethods: null,
    group: null,
    pci: { serialNumber: null },
    binding: { driver: 'nvme' },
  })
})

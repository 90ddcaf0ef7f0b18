/** The emulated lab against the real one: attributes and links as Debian's 6.1 on QEMU 7.2 showed them (2 CPUs there, 4 here). */
import { beforeAll, expect, test } from 'vitest'
import { DEVICES, labMachine, PF } from './machine-calls.ts'
import type { TestMachine } from './machine-calls.ts'

const PORT = '/sys/devices/pci0000:00/0000:00:04.0'
const VF = `${PORT}/0000:01:00.1`
const PLAIN = `${DEVICES}/0000:02:00.0`
const UEVENT = [
  'PCI_CLASS=10802',
  'PCI_ID=1B36:0010',
  'PCI_SUBSYS_ID=1AF4:1100',
  'PCI_SLOT_NAME=0000:01:00.1',
  'MODALIAS=pci:v00001B36d00000010sv00001AF4sd00001100bc01sc08i02',
  '',
].join('\n')

const AHCI = `${DEVICES}/0000:00:1f.2`
const AHCI_UEVENT = [
  'PCI_CLASS=10601',
  'PCI_ID=8086:2922',
  'PCI_SUBSYS_ID=1AF4:1100',
  'PCI_SLOT_NAME=0000:00:1f.2',
  'MODALIAS=pci:v00008086d00002922sv00001AF4sd00001100bc01sc06i01',
  '',
].join('\n')

const TEXTS: readonly (readonly [string, string])[] = [
  [`${PF}/ari_enabled`, '1\n'],
  [`${PF}/class`, '0x010802\n'],
  [`${PF}/current_link_speed`, '2.5 GT/s PCIe\n'],
  [`${PF}/current_link_width`, '1\n'],
  [`${PF}/device`, '0x0010\n'],
  [`${PF}/driver_override`, '(null)\n'],
  [`${PF}/enable`, '1\n'],
  [`${PF}/modalias`, 'pci:v00001B36d00000010sv00001AF4sd00001100bc01sc08i02\n'],
  [`${PF}/msi_irqs/33`, 'msix\n'],
  [`${PF}/numa_node`, '-1\n'],
  [`${PF}/power_state`, 'D0\n'],
  [`${PF}/reset_method`, 'flr bus\n'],
  [`${PF}/revision`, '0x02\n'],
  [`${PF}/sriov_drivers_autoprobe`, '0\n'],
  [`${PF}/sriov_numvfs`, '2\n'],
  [`${PF}/sriov_offset`, '1\n'],
  [`${PF}/sriov_stride`, '1\n'],
  [`${PF}/sriov_totalvfs`, '8\n'],
  [`${PF}/sriov_vf_device`, '10\n'],
  [`${PF}/sriov_vf_total_msix`, '0\n'],
  [`${PF}/subsystem_device`, '0x1100\n'],
  [`${PF}/subsystem_vendor`, '0x1af4\n'],
  [`${PF}/vendor`, '0x1b36\n'],
  [`${AHCI}/revision`, '0x02\n'],
  [`${AHCI}/uevent`, AHCI_UEVENT],
  [`${PF}/nvme/nvme0/address`, '0000:01:00.0\n'],
  [`${PF}/nvme/nvme0/cntlid`, '0\n'],
  [`${PF}/nvme/nvme0/cntrltype`, 'io\n'],
  [`${PF}/nvme/nvme0/dctype`, 'none\n'],
  [`${PF}/nvme/nvme0/dev`, '245:0\n'],
  [`${PF}/nvme/nvme0/firmware_rev`, '7.2.22  \n'],
  [`${PF}/nvme/nvme0/kato`, '0\n'],
  [`${PF}/nvme/nvme0/model`, 'QEMU NVMe Ctrl                          \n'],
  [`${PF}/nvme/nvme0/queue_count`, '3\n'],
  [`${PF}/nvme/nvme0/serial`, 'PF0                 \n'],
  [`${PF}/nvme/nvme0/sqsize`, '1023\n'],
  [`${PF}/nvme/nvme0/state`, 'live\n'],
  [`${PF}/nvme/nvme0/subsysnqn`, 'nqn.2019-08.org.qemu:nqn.2026-01.lab:sub0\n'],
  [`${PF}/nvme/nvme0/transport`, 'pcie\n'],
  [`${PF}/nvme/nvme0/uevent`, 'MAJOR=245\nMINOR=0\nDEVNAME=nvme0\nNVME_TRTYPE=pcie\n'],
  [`${PF}/nvme/nvme0/nvme0c0n1/hidden`, '1\n'],
  [`${PF}/nvme/nvme0/nvme0c0n1/mq/0/cpu_list`, '0, 1\n'],
  [`${PF}/nvme/nvme0/nvme0c0n1/mq/1/cpu_list`, '2, 3\n'],
  [`${PF}/nvme/nvme0/nvme0c0n1/mq/1/nr_tags`, '1023\n'],
  [`${PF}/nvme/nvme0/nvme0c0n1/nsid`, '1\n'],
  [`${PF}/nvme/nvme0/nvme0c0n1/queue/logical_block_size`, '512\n'],
  [`${PF}/nvme/nvme0/nvme0c0n1/size`, '131072\n'],
  [`${PF}/nvme/nvme0/nvme0c0n1/uevent`, 'DEVTYPE=disk\nDISKSEQ=1\n'],
  [
    `${PF}/nvme/nvme0/nvme0c0n1/wwid`,
    'nvme.1b36-504630-51454d55204e564d65204374726c-00000001\n',
  ],
  ['/sys/block/nvme0n1/dev', '259:1\n'],
  ['/sys/block/nvme0n1/hidden', '0\n'],
  [
    '/sys/block/nvme0n1/uevent',
    'MAJOR=259\nMINOR=1\nDEVNAME=nvme0n1\nDEVTYPE=disk\nDISKSEQ=2\n',
  ],
  ['/sys/block/nvme1n1/dev', '259:2\n'],
  [
    '/sys/block/nvme1n1/wwid',
    'nvme.1b36-504c41494e30-51454d55204e564d65204374726c-00000001\n',
  ],
  ['/sys/class/nvme-subsystem/nvme-subsys0/subsystype', 'nvm\n'],
  ['/sys/class/nvme-subsystem/nvme-subsys0/iopolicy', 'numa\n'],
  [`${VF}/driver_override`, '(null)\n'],
  [`${VF}/enable`, '0\n'],
  [`${VF}/power_state`, 'unknown\n'],
  [`${VF}/reset_method`, 'flr\n'],
  [`${VF}/uevent`, UEVENT],
  [`${PLAIN}/ari_enabled`, '0\n'],
  ['/sys/kernel/iommu_groups/9/type', 'DMA\n'],
  ['/sys/bus/pci/drivers_autoprobe', '1\n'],
  ['/sys/devices/system/cpu/online', '0-3\n'],
  ['/sys/module/nvme_core/parameters/multipath', 'Y\n'],
  [`${DEVICES}/0000:00:04.0/class`, '0x060400\n'],
  [`${DEVICES}/0000:00:04.0/power_state`, 'D0\n'],
]

const LINKS: readonly (readonly [string, string])[] = [
  [PF, '../../../devices/pci0000:00/0000:00:04.0/0000:01:00.0'],
  [`${PF}/driver`, '../../../../bus/pci/drivers/nvme'],
  [`${PF}/iommu_group`, '../../../../kernel/iommu_groups/7'],
  [`${PF}/subsystem`, '../../../../bus/pci'],
  [`${PF}/virtfn0`, '../0000:01:00.1'],
  [`${PF}/virtfn1`, '../0000:01:00.2'],
  [`${VF}/physfn`, '../0000:01:00.0'],
  [`${VF}/iommu_group`, '../../../../kernel/iommu_groups/9'],
  [`${PF}/nvme/nvme0/device`, '../../../0000:01:00.0'],
  [`${PF}/nvme/nvme0/subsystem`, '../../../../../../class/nvme'],
  [`${PF}/nvme/nvme0/nvme0c0n1/device`, '../../nvme0'],
  [`${PF}/nvme/nvme0/nvme0c0n1/subsystem`, '../../../../../../../class/block'],
  [
    '/sys/class/nvme/nvme0',
    '../../devices/pci0000:00/0000:00:04.0/0000:01:00.0/nvme/nvme0',
  ],
  [
    '/sys/class/nvme-subsystem/nvme-subsys0',
    '../../devices/virtual/nvme-subsystem/nvme-subsys0',
  ],
  [
    '/sys/class/nvme-subsystem/nvme-subsys0/nvme0',
    '../../../pci0000:00/0000:00:04.0/0000:01:00.0/nvme/nvme0',
  ],
  ['/sys/block/nvme0n1', '../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1'],
  ['/sys/class/block/nvme0n1', '../../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1'],
  ['/sys/block/nvme0n1/device', '../../nvme-subsys0'],
  [
    '/sys/class/block/nvme1n1',
    '../../devices/pci0000:00/0000:00:05.0/0000:02:00.0/nvme/nvme1/nvme1n1',
  ],
  [
    '/sys/kernel/iommu_groups/7/devices/0000:01:00.0',
    '../../../../devices/pci0000:00/0000:00:04.0/0000:01:00.0',
  ],
  [
    '/sys/bus/pci/drivers/nvme/0000:02:00.0',
    '../../../../devices/pci0000:00/0000:00:05.0/0000:02:00.0',
  ],
  [`${DEVICES}/0000:00:04.0/driver`, '../../../bus/pci/drivers/pcieport'],
]

const NAMES: readonly (readonly [string, readonly string[]])[] = [
  ['/sys/class/nvme', ['nvme0', 'nvme1']],
  ['/sys/class/nvme-subsystem', ['nvme-subsys0', 'nvme-subsys1']],
  ['/sys/class/block', ['nvme0c0n1', 'nvme0n1', 'nvme1n1']],
  ['/sys/bus/pci/drivers/vfio-pci', ['bind', 'new_id', 'remove_id', 'unbind']],
  ['/sys/kernel/iommu_groups/6/devices', ['0000:00:1f.0', '0000:00:1f.2', '0000:00:1f.3']],
  ['/sys/kernel/debug/block', ['nvme0c0n1', 'nvme0n1', 'nvme1n1']],
  ['/sys/kernel/debug/block/nvme0c0n1', ['hctx0', 'hctx1']],
  ['/sys/kernel/debug/block/nvme0n1', []],
  ['/sys/block/nvme0n1/holders', []],
  ['/dev/vfio', ['vfio']],
]

let machine: TestMachine

beforeAll(async () => {
  machine = await labMachine()
  await machine.write(`${PF}/sriov_drivers_autoprobe`, '0')
  await machine.write(`${PF}/sriov_numvfs`, '2')
})

test.for(TEXTS)('%s reads as on the real machine', async ([path, text]) => {
  expect(await machine.read(path)).toBe(text)
})

test.for(LINKS)('%s leads where it leads on the real machine', async ([path, to]) => {
  expect(await machine.link(path)).toBe(to)
})

test.for(NAMES)('%s holds what it holds on the real machine', async ([path, names]) => {
  expect(await machine.list(path)).toEqual(names)
})

const ABSENT = [
  `${PF}/physfn`,
  `${VF}/sriov_numvfs`,
  `${VF}/msi_irqs`,
  `${VF}/driver`,
  `${PLAIN}/sriov_totalvfs`,
  '/sys/block/nvme0n1/mq',
  '/sys/block/nvme0c0n1/dev',
  '/dev/nvme0c0n1',
  '/dev/vfio/9',
  '/sys/kernel/debug/iommu',
]

test.for(ABSENT)('%s is not there', async (path) => {
  expect(await machine.exists(path)).toBe(false)
})

test('errnos of files are those of Linux', async () => {
  const { kernel } = machine.machine
  const refused = (path: string) =>
    kernel.call({ call: 'read', path }).catch((error: unknown) => String(error))

  expect(await machine.write(`${PF}/vendor`, '1')).toBe('EACCES')
  expect(await machine.write(`${PF}/no_such`, '1')).toBe('ENOENT')
  expect(await machine.write(PF, '1')).toBe('EISDIR')
  expect(await refused('/sys/bus/pci/drivers_probe')).toContain('EACCES')
  expect(await refused(`${PF}/nvme`)).toContain('EISDIR')
  expect(await refused(`${PF}/vendor/x`)).toContain('ENOTDIR')
  expect(await refused('/sys/class/nvme/nvme9/state')).toContain('ENOENT')
})

test('configuration space carries the SR-IOV capability of the real one', async () => {
  const lane = machine.machine.kernel.lane('config')
  const read = async (path: string) => {
    const call = { call: 'readBytes', path: `${path}/config`, length: 4096 } as const
    const answer = await lane.call(call, { deadlineMs: 1e9 })
    return answer.done ? Buffer.from(answer.answer) : Buffer.alloc(0)
  }

  const pf = await read(PF)
  const vf = await read(VF)

  expect(pf.length).toBe(4096)
  expect(pf.readUInt32LE(0x100)).toBe(0x1201000e)
  expect(pf.readUInt16LE(0x120), 'SR-IOV').toBe(0x0010)
  expect([pf.readUInt16LE(0x12e), pf.readUInt16LE(0x130)], 'TotalVFs, NumVFs').toEqual([
    8, 2,
  ])
  expect([pf.readUInt16LE(0x134), pf.readUInt16LE(0x136)], 'offset, stride').toEqual([1, 1])
  expect(pf.readUInt16LE(0x42) + 1, 'MSI-X vectors').toBe(9)
  expect([vf.readUInt16LE(0), vf.readUInt16LE(2)], 'ids of a VF').toEqual([0xffff, 0xffff])
})

/** A SATA disk is in sysfs as Linux 6.1 lays it out, belongs to the host, and is no NVMe controller. From documents. */
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { FleetFileError, parseFleet } from '../../../src/emulator/fleet-file.ts'
import { linuxHost } from '../../../src/linux/linux-host.ts'
import { DEVICES, testMachine } from '../machine-calls.ts'
import { AHCI, DISK, sataHost } from './sata-host.ts'

const FUNCTION = `/sys/devices/pci0000:00/${AHCI}`
const DEVICE = `${FUNCTION}/ata3/host2/target2:0:0/2:0:0:0`
const BLOCK = `${DEVICE}/block/sdb`
const TEXTS: readonly (readonly [string, string])[] = [
  [`${DEVICES}/${AHCI}/class`, '0x010601\n'],
  [`${DEVICES}/${AHCI}/msi_irqs/42`, 'msi\n'],
  [`${FUNCTION}/ata3/ata_port/ata3/port_no`, '3\n'],
  [`${FUNCTION}/ata3/link3/ata_link/link3/sata_spd`, '6.0 Gbps\n'],
  [`${FUNCTION}/ata1/link1/ata_link/link1/sata_spd`, '<unknown>\n'],
  [`${FUNCTION}/ata3/host2/scsi_host/host2/can_queue`, '32\n'],
  [`${FUNCTION}/ata3/host2/scsi_host/host2/nr_hw_queues`, '1\n'],
  [`${DEVICE}/vendor`, 'ATA     \n'],
  [`${DEVICE}/model`, 'Example SD2 960G\n'],
  [`${DEVICE}/rev`, '3b7 \n'],
  [`${DEVICE}/queue_depth`, '32\n'],
  [`${BLOCK}/dev`, '8:16\n'],
  [`${BLOCK}/size`, '1875385008\n'],
  [`${BLOCK}/uevent`, 'MAJOR=8\nMINOR=16\nDEVNAME=sdb\nDEVTYPE=disk\nDISKSEQ=2\n'],
  ['/sys/block/sdb/queue/nr_requests', '64\n'],
  ['/sys/block/sdb/queue/scheduler', '[mq-deadline] none\n'],
  ['/sys/block/sdb/queue/rotational', '0\n'],
  ['/sys/block/sdb/mq/0/nr_tags', '32\n'],
  ['/sys/block/sdb/mq/0/cpu_list', '0, 1, 2, 3, 4, 5, 6, 7\n'],
]

test.for(TEXTS)('%s reads as Linux 6.1 prints it', async ([path, text]) => {
  const { read } = await testMachine(sataHost([{ ...DISK, port: 2 }]))

  expect(await read(path)).toBe(text)
})

test('links and lists lead to the disk, and it has one hardware queue', async () => {
  const { link, list, exists } = await testMachine(sataHost([{ ...DISK, port: 2 }]))

  expect(await link('/sys/block/sdb')).toBe(
    `../devices${BLOCK.slice('/sys/devices'.length)}`
  )
  expect(await link('/sys/block/sdb/device')).toBe('../../../2:0:0:0')
  expect(await link(`${FUNCTION}/driver`)).toBe('../../../bus/pci/drivers/ahci')
  expect(await list('/sys/block')).toEqual(['nvme0n1', 'sdb'])
  expect(await list('/sys/block/sdb/mq')).toEqual(['0'])
  expect(await list('/sys/kernel/debug/block/sdb')).toEqual(['hctx0'])
  expect(await list('/sys/block/nvme0n1/mq')).toHaveLength(8)
  expect((await list(FUNCTION)).filter((name) => name.startsWith('ata'))).toEqual([
    'ata1',
    'ata2',
    'ata3',
  ])
  expect(await exists('/dev/sdb')).toBe(true)
})

test('disks are named in the order of their ports, from sda where the root is described', async () => {
  const disks = [
    { ...DISK, port: 1, swap: true },
    { ...DISK, port: 0, mount: '/', holder: 'dm-0' },
  ]
  const { read, list, machine } = await testMachine(sataHost(disks))
  const open = (path: string) =>
    machine.kernel
      .lane('open')
      .call({ call: 'openExclusive', path }, { deadlineMs: 1e9 })
      .then(
        () => 'free',
        (error: unknown) => String(error)
      )

  const mounts = (await read('/proc/1/mountinfo')).split('\n')

  expect(await list('/sys/block')).toEqual(['nvme0n1', 'sda', 'sdb'])
  expect(mounts.filter((line) => line.includes(' / / '))).toEqual([
    '22 1 8:0 / / rw,relatime shared:22 - ext4 /dev/sda rw',
  ])
  expect(await list('/sys/block/sda/holders')).toEqual(['dm-0'])
  expect(await read('/proc/swaps')).toMatch(/^\/dev\/sdb +partition\t937692500\t/m)
  expect(await open('/dev/sda')).toContain('EBUSY')
  expect(await open('/dev/sdb')).toContain('EBUSY')
})

test('the inventory of NVMe does not see it, but as what keeps a group from a guest', async () => {
  const { machine, clock } = await testMachine(sataHost([DISK], 'slot'))

  const seen = await linuxHost(machine.kernel, clock).scan()

  expect(seen.functions.map(({ address }) => address)).toEqual(['0000:01:00.0'])
  expect(seen.namespaces).toHaveLength(1)
  expect(seen.functions[0]?.group).toMatchObject({
    viable: false,
    members: [
      { address: AHCI, class: '0x010601', driver: 'ahci', blocksVfio: true },
      { address: '0000:01:00.0', driver: 'nvme', blocksVfio: true },
    ],
  })
})

test('a controller that is removed takes its disks along, and they come back', async () => {
  const { write, exists, read, machine } = await testMachine(sataHost())
  const stat = { kind: 'blockStat', path: '/sys/block/sdb/stat' } as const
  const counters = await machine.kernel.openCounters([stat])
  await write(`${DEVICES}/${AHCI}/remove`, '1')

  await counters.read()

  expect(counters.values[0]).toBeNaN()
  expect(await exists('/sys/block/sdb')).toBe(false)
  expect(await read('/proc/interrupts')).not.toContain('ahci')
  await write('/sys/bus/pci/rescan', '1')
  expect(await exists('/sys/block/sdb')).toBe(true)
})

const WRONG: readonly (readonly [string, object, string, string])[] = [
  [
    'another class',
    { classCode: 0x010802 },
    '',
    'needs classCode 0x010601 and driver ahci',
  ],
  ['no driver', { driver: 'none' }, '', 'needs classCode 0x010601 and driver ahci'],
  [
    'half a sector',
    { sataDisks: [{ ...DISK, sizeBytes: 1000 }] },
    '[0].sizeBytes',
    'is not whole sectors of 512',
  ],
  [
    'a port that is there twice',
    { sataDisks: [{ ...DISK, port: 1 }, DISK] },
    '[1].port',
    'is that of hosts[0].otherFunctions[0].sataDisks[0].port',
  ],
]

test.for(WRONG)('%s is refused', ([, change, field, reason]) => {
  const host = sataHost()
  const otherFunctions = [{ ...host.otherFunctions?.[0], ...change }]

  const fleet = stringify({ hosts: [{ ...host, otherFunctions }] })

  expect(() => parseFleet(fleet, 'fleet.yaml')).toThrow(FleetFileError)
  expect(() => parseFleet(fleet, 'fleet.yaml')).toThrow(
    `hosts[0].otherFunctions[0].sataDisks${field}: ${reason}`
  )
})

test('a mount point of a drive is no mount point of a disk', () => {
  const fleet = stringify({
    hosts: [
      sataHost([
        { ...DISK, mount: '/a' },
        { ...DISK, mount: ['/b', '/a'] },
      ]),
    ],
  })

  expect(() => parseFleet(fleet, 'fleet.yaml')).toThrow(
    'sataDisks[1].mount: is that of hosts[0].otherFunctions[0].sataDisks[0].mount'
  )
})

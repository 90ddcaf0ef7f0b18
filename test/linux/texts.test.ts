import { expect, test } from 'vitest'
import { vfioVectors } from '../../src/linux/counters/host-interrupts.ts'
import { parseMountinfo, parseSwaps } from '../../src/linux/disk-uses.ts'
import { countCpus } from '../../src/linux/host-facts.ts'

test.for([
  ['0-3', 4],
  ['0', 1],
  ['0-1,4,8-15', 11],
  ['', 0],
] as const)('the list of CPUs %j has %i', ([list, count]) => {
  expect(countCpus(list)).toBe(count)
})

test('mountinfo gives device, mount point and source, whatever the optional fields', () => {
  const text = [
    '36 35 259:1 / /mnt/a\\040b rw,noatime shared:1 master:2 - ext4 /dev/nvme0n1 rw',
    '37 35 0:44 /sub /srv rw - btrfs /dev/nvme0n2 rw,space_cache',
    '38 35 0:21 / /sys rw - sysfs - rw',
    '',
  ].join('\n')

  expect(parseMountinfo(text)).toEqual([
    { device: '259:1', mountPoint: '/mnt/a b', source: '/dev/nvme0n1' },
    { device: '0:44', mountPoint: '/srv', source: '/dev/nvme0n2' },
    { device: '0:21', mountPoint: '/sys', source: '-' },
  ])
})

test('a mount point that looks like the separator does not shift the fields', () => {
  const [mount] = parseMountinfo('36 35 259:1 / - rw shared:1 - ext4 /dev/nvme0n1 rw')

  expect(mount).toEqual({ device: '259:1', mountPoint: '-', source: '/dev/nvme0n1' })
})

test('swaps are the devices; a swap file is found by the mount below it', () => {
  const text =
    'Filename\tType\tSize\tUsed\tPriority\n/dev/nvme0n1p2  partition 1 0 -2\n/swap file 1 0 -3\n'

  expect(parseSwaps(text)).toEqual(['nvme0n1p2'])
})

test('vectors of a guest are those of its function, without the admin queue’s', () => {
  const interrupts = [
    ' 39:  0  0  IR-PCI-MSI 526336-edge      vfio-msix[0](0000:01:00.1)',
    ' 41:  7  0  IR-PCI-MSI 526338-edge      vfio-msix[2](0000:01:00.1)',
    ' 40:  3  0  IR-PCI-MSI 526337-edge      vfio-msix[1](0000:01:00.1)',
    ' 42:  3  0  IR-PCI-MSI 528385-edge      vfio-msix[1](0000:01:00.2)',
  ].join('\n')

  expect([...vfioVectors(interrupts)]).toEqual([
    ['0000:01:00.1', [1, 2]],
    ['0000:01:00.2', [1]],
  ])
})

/**
 * The sysfs of two real kernels, as it was printed (test/fixtures/captures), as a kernel that a driver can ask. They say
 * nothing of /proc, and nobody recorded admin commands: those are refused.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { linuxHost } from '../../src/linux/linux-host.ts'
import { loadCapture } from '../linux/capture-text.ts'
import { CapturedMachine } from '../linux/captured-machine.ts'
import type { FileTree } from '../linux/file-tree.ts'
import { fakeClock } from '../support/fake-clock.ts'

const FIXTURES = path.join(import.meta.dirname, '../fixtures/captures')

export type Fixture = 'linux6.1-qemu7.2' | 'linux6.12-qemu10'

export function scannedFixture(fixture: Fixture) {
  const clock = fakeClock()
  const text = readFileSync(path.join(FIXTURES, `${fixture}.sysfs.txt`), 'utf8')
  const machine = new CapturedMachine(clock, (files) => fill(files, text))
  return linuxHost(machine.kernel, clock).scan()
}

function fill(files: FileTree, text: string): void {
  loadCapture(files, text)
  linkFromBus(files)
  const [, hostname = '', release = ''] = text.split(' ')
  files.text('/proc/sys/kernel/hostname', `${hostname}\n`)
  files.text('/proc/sys/kernel/osrelease', `${release}\n`)
  files.text('/proc/sys/kernel/random/boot_id', '00000000-0000-4000-a000-000000000000\n')
  files.text('/proc/1/mountinfo', '')
  files.text('/etc/machine-id', `${'0'.repeat(32)}\n`)
}

/** Every function is in a group, so the groups know what the bus lists. */
function linkFromBus(files: FileTree): void {
  const groups = '/sys/kernel/iommu_groups'
  for (const group of files.list(groups))
    for (const address of files.list(`${groups}/${group}/devices`)) {
      const entry = files.at(`${groups}/${group}/devices/${address}`)
      if (entry.kind !== 'link') throw new Error(`${address} is no link`)
      const place = entry.target.replace(/^.*\/devices\//, '')
      files.link(`/sys/bus/pci/devices/${address}`, `../../../devices/${place}`)
    }
}

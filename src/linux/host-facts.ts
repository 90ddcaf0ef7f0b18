/** What identifies a host and its kernel. */
import type { Kernel } from '../kernel/kernel.ts'
import type { HostFacts } from '../host/observation.ts'
import { ifPresent, readText } from './small-files.ts'
import { IOMMU_GROUPS } from './sysfs-paths.ts'

/**
 * @param substitute for hosts without /etc/machine-id (containers): an id that the caller keeps
 * @throws {KernelError} the kernel's own files cannot be read
 */
export async function readHostFacts(
  kernel: Kernel,
  substitute: (() => string) | undefined
): Promise<HostFacts> {
  return {
    machineId: await machineIdOf(kernel, substitute),
    bootId: await bootIdOf(kernel),
    hostname: await readText(kernel.call, '/proc/sys/kernel/hostname'),
    kernelRelease: await readText(kernel.call, '/proc/sys/kernel/osrelease'),
    onlineCpus: countCpus(await readText(kernel.call, '/sys/devices/system/cpu/online')),
    iommu: await hasIommu(kernel),
  }
}

/** A new one with every boot. */
export function bootIdOf(kernel: Kernel): Promise<string> {
  return readText(kernel.call, '/proc/sys/kernel/random/boot_id')
}

async function machineIdOf(kernel: Kernel, substitute: (() => string) | undefined) {
  const own = await ifPresent(readText(kernel.call, '/etc/machine-id'))
  // systemd writes `uninitialized` into images that have not booted yet (machine-id(5)).
  if (own !== null && /^[0-9a-f]{32}$/.test(own)) return own
  if (substitute !== undefined) return substitute()
  throw new Error('this host has no /etc/machine-id, and no substitute was given')
}

async function hasIommu(kernel: Kernel): Promise<boolean> {
  const groups = await ifPresent(kernel.call({ call: 'readDir', path: IOMMU_GROUPS }))
  return groups !== null && groups.length > 0
}

/** Of a list as `0-3,8`. */
export function countCpus(list: string): number {
  return list
    .split(',')
    .filter((range) => range !== '')
    .map((range) => range.split('-').map(Number))
    .reduce((sum, [first = 0, last = first]) => sum + last - first + 1, 0)
}

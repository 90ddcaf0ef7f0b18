/** Who an emulated machine is: the same description is the same host, each first power-on a boot of its own. */
import { createHash } from 'node:crypto'
import type { HostDescription } from './fleet.ts'
import type { BootRecord } from './journal.ts'
import type { MachineFacts } from './linux.ts'

/** @param number 0: the first boot */
export function bootOf(
  description: HostDescription,
  seed: number,
  nowMs: number,
  number = 0
): BootRecord {
  return {
    bootId: asUuid(digest(`boot ${description.name} ${seed} ${nowMs} ${number}`)),
    bootedAtMs: nowMs,
    description: digest(JSON.stringify(described(description))),
  }
}

/** What a machine is made of: faults come and go without making it another one. */
function described(description: HostDescription) {
  const { faults: _, ...machine } = description
  return machine
}

const BOOT = ['BOOT_IMAGE=/boot/vmlinuz', 'root=/dev/sda1', 'ro', 'quiet']

export function factsOf(description: HostDescription, boot: BootRecord): MachineFacts {
  const { name, machineId, kernelRelease, cpus, iommu, multipath } = description
  const own = description.kernelParameters?.split(' ') ?? []
  return {
    hostname: name,
    machineId: machineId ?? machineIdOf(name),
    bootId: boot.bootId,
    kernelRelease,
    cpus,
    iommu,
    multipath: multipath ?? true,
    interruptPosting: description.interruptPosting ?? false,
    kernelParameters: [...BOOT, ...(iommu ? ['intel_iommu=on'] : []), ...own],
  }
}

/** 32 hex digits: of a host whose description gives none. */
export function machineIdOf(name: string): string {
  return digest(`machine ${name}`)
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/** Marked as random, version 4, as the kernel's boot id is. */
function asUuid(hex: string): string {
  const [a, b, c, d, e] = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ]
  return [a, b, c, d, e].join('-')
}

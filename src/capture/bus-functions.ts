/** What is on the PCI bus. None of these files waits for a device lock. Source: Linux drivers/pci/pci-sysfs.c. */
import type { Kernel } from '../kernel/kernel.ts'
import { parsePciAddress, type PciAddress } from '../nvme/pci-address.ts'
import type { FunctionIds } from './captured-host.ts'
import { ifThere, readHex } from './kernel-reads.ts'

const PCI_DEVICES = '/sys/bus/pci/devices'

export type BusFunction = FunctionIds & {
  readonly address: PciAddress
  readonly driver: string | undefined
  readonly group: number | undefined
  /** The function above it; undefined: a root bus is. */
  readonly behind: PciAddress | undefined
}

export function functionPath(address: PciAddress): string {
  return `${PCI_DEVICES}/${address}`
}

export async function busFunctions(kernel: Kernel): Promise<readonly BusFunction[]> {
  const names = await kernel.call({ call: 'readDir', path: PCI_DEVICES })
  const found: BusFunction[] = []
  for (const name of [...names].sort()) {
    const address = parsePciAddress(name)
    if (address !== undefined) found.push(await busFunction(kernel, address))
  }
  return found
}

async function busFunction(kernel: Kernel, address: PciAddress): Promise<BusFunction> {
  const path = functionPath(address)
  const number = (file: string) => readHex(kernel, `${path}/${file}`)
  const linked = (file: string) => linkEnd(kernel, `${path}/${file}`)
  const group = await linked('iommu_group')
  return {
    address,
    classCode: await number('class'),
    vendor: await number('vendor'),
    device: await number('device'),
    subsystemVendor: await number('subsystem_vendor'),
    subsystemDevice: await number('subsystem_device'),
    revision: await number('revision'),
    driver: await linked('driver'),
    group: group === undefined ? undefined : Number(group),
    behind: await bridgeAbove(kernel, path),
  }
}

/** Last name of a link. */
async function linkEnd(kernel: Kernel, path: string): Promise<string | undefined> {
  const link = await ifThere(kernel.call({ call: 'readLink', path }))
  return link?.slice(link.lastIndexOf('/') + 1)
}

/** Its directory is in that of the bridge, or, in a domain of its own, in that of `pci10000:00`, and that in the bridge's. */
async function bridgeAbove(kernel: Kernel, path: string): Promise<PciAddress | undefined> {
  const link = await kernel.call({ call: 'readLink', path })
  const above = link.split('/').slice(0, -1)
  return above.flatMap((name) => parsePciAddress(name) ?? []).at(-1)
}

/** By function: a label for each group of two or more, for the others none. */
export function groupLabels(
  functions: readonly BusFunction[]
): (address: string) => string | undefined {
  const sizes = new Map<number, number>()
  const groups = new Map<string, number>()
  for (const { address, group } of functions) {
    if (group === undefined) continue
    groups.set(address, group)
    sizes.set(group, (sizes.get(group) ?? 0) + 1)
  }
  return (address) => {
    const group = groups.get(address)
    return group !== undefined && (sizes.get(group) ?? 0) > 1 ? `group${group}` : undefined
  }
}

/** A PCI function as sysfs shows it: what it is, where it sits, which driver has it. */
import type { Kernel } from '../kernel/kernel.ts'
import { parsePciAddress, type PciAddress } from '../nvme/pci-address.ts'
import { deviceSerialNumber } from '../nvme/pci-capabilities.ts'
import type { PcieLink } from '../host/observation.ts'
import type { Binding, PciFacts, SriovState } from '../host/query.ts'
import type { LaneSession } from './lane-session.ts'
import { ifPresent, ifReadable, readCount, readText } from './small-files.ts'
import { attributePath, functionPath, lastPart, PCI_DEVICES } from './sysfs-paths.ts'

/** Mass storage, NVM; the programming interface (02h I/O, 03h administrative controller) may differ. */
const NVME_CLASS = /^0x0108[0-9a-f]{2}$/
const CONFIG_LENGTH = 4096

/** Every function of class 0108xx, in address order: a primary stands before its VFs. */
export async function nvmeFunctions(kernel: Kernel): Promise<readonly PciAddress[]> {
  const names = await kernel.call({ call: 'readDir', path: PCI_DEVICES })
  const found: PciAddress[] = []
  for (const name of names) {
    const fn = parsePciAddress(name)
    if (fn !== undefined && (await isNvme(kernel, fn))) found.push(fn)
  }
  return found.sort()
}

async function isNvme(kernel: Kernel, fn: PciAddress): Promise<boolean> {
  return NVME_CLASS.test((await ifPresent(classOf(kernel, fn))) ?? '')
}

export function classOf(kernel: Kernel, fn: PciAddress): Promise<string> {
  return readText(kernel.call, attributePath(fn, 'class'))
}

export function functionExists(kernel: Kernel, fn: PciAddress): Promise<boolean> {
  return kernel.call({ call: 'exists', path: functionPath(fn) })
}

export async function driverOf(kernel: Kernel, fn: PciAddress): Promise<string | null> {
  const path = attributePath(fn, 'driver')
  const link = await ifPresent(kernel.call({ call: 'readLink', path }))
  return link === null ? null : lastPart(link)
}

/** Reading it takes the device lock. */
export async function overrideOf(session: LaneSession, fn: PciAddress) {
  const text = await readText(session.call, attributePath(fn, 'driver_override'))
  return text === '(null)' || text === '' ? null : text
}

export async function bindingOf(session: LaneSession, fn: PciAddress): Promise<Binding> {
  const override = await overrideOf(session, fn)
  return { driver: await driverOf(session.kernel, fn), override }
}

export type SlotFacts = Omit<PciFacts, 'serialNumber' | 'bootId'>

/** Of a VF they are sysfs's: its own configuration space reads FFFFh. */
export async function slotFacts(kernel: Kernel, fn: PciAddress): Promise<SlotFacts> {
  const id = (attribute: string) => readText(kernel.call, attributePath(fn, attribute))
  const link = await kernel.call({ call: 'readLink', path: functionPath(fn) })
  return {
    vendor: await id('vendor'),
    device: await id('device'),
    subsystemVendor: await id('subsystem_vendor'),
    subsystemDevice: await id('subsystem_device'),
    topology: link.replace(/^.*\/devices\//, ''),
  }
}

/** Device Serial Number capability; null where absent or unreadable. */
export async function serialNumberOf(session: LaneSession, fn: PciAddress) {
  const path = attributePath(fn, 'config')
  const config = await ifReadable(
    session.call({ call: 'readBytes', path, length: CONFIG_LENGTH })
  )
  return config === null ? null : deviceSerialNumber(config)
}

export async function linkOf(kernel: Kernel, fn: PciAddress): Promise<PcieLink> {
  const text = (attribute: string) =>
    ifReadable(readText(kernel.call, attributePath(fn, attribute)))
  const width = async (attribute: string) => {
    const shown = await text(attribute)
    return shown !== null && /^\d+$/.test(shown) ? Number(shown) : null
  }
  return {
    currentSpeed: await text('current_link_speed'),
    currentWidth: await width('current_link_width'),
    maxSpeed: await text('max_link_speed'),
    maxWidth: await width('max_link_width'),
  }
}

/** null: not a PF that can do SR-IOV. */
export function totalVfsOf(kernel: Kernel, pf: PciAddress): Promise<number | null> {
  return ifPresent(readCount(kernel.call, attributePath(pf, 'sriov_totalvfs')))
}

/** null: not a PF that can do SR-IOV. */
export async function sriovOf(
  session: LaneSession,
  pf: PciAddress
): Promise<SriovState | null> {
  const { kernel } = session
  const count = (attribute: string) => readCount(kernel.call, attributePath(pf, attribute))
  const totalVfs = await totalVfsOf(kernel, pf)
  if (totalVfs === null) return null
  return {
    totalVfs,
    // Alone of these it waits for the device lock.
    vfCount: await readCount(session.call, attributePath(pf, 'sriov_numvfs')),
    autoprobe: (await count('sriov_drivers_autoprobe')) === 1,
    offset: await count('sriov_offset'),
    stride: await count('sriov_stride'),
  }
}

/** Words of `reset_method`; null where the kernel has no such attribute. */
export async function resetMethodsOf(kernel: Kernel, fn: PciAddress) {
  const text = await ifReadable(readText(kernel.call, attributePath(fn, 'reset_method')))
  return text === null ? null : text.split(/\s+/).filter((word) => word !== '')
}

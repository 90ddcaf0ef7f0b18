/** new_id and remove_id of a driver. Source: Linux drivers/pci/pci-driver.c, new_id_store, remove_id_store. */
import type { EmulatedLinux } from '../linux.ts'
import { Refused } from '../refused.ts'
import { probe } from './driver-binding.ts'
import { driverMatches, idsMatch, matchesOne } from './driver-match.ts'
import type { Driver, DynamicId } from './driver-match.ts'

/** Probes every unbound function that the new id matches, at once. */
export async function newId(
  linux: EmulatedLinux,
  driver: Driver,
  text: string
): Promise<void> {
  const { id, fields } = parseId(text)
  if (fields !== ALL_FIELDS && idsMatch(linux, driver, asDevice(id)))
    throw new Refused('EEXIST')
  idsOf(linux, driver).push(id)
  for (const fn of linux.functions.values()) {
    if (fn.driver !== undefined || !driverMatches(linux, driver, fn)) continue
    await linux.locks.hold(fn.address, async () => {
      await probe(linux, driver, fn)
    })
  }
}

export function removeId(linux: EmulatedLinux, driver: Driver, text: string): void {
  const { id: wanted } = parseId(text)
  const ids = idsOf(linux, driver)
  const at = ids.findIndex((id) => matchesOne(wanted, id))
  if (at < 0) throw new Refused('ENODEV')
  ids.splice(at, 1)
}

function idsOf(linux: EmulatedLinux, driver: Driver): DynamicId[] {
  const ids = linux.dynamicIds.get(driver) ?? []
  linux.dynamicIds.set(driver, ids)
  return ids
}

/** The device that the kernel makes up to see whether the driver has the id already: PCI_ANY_ID does not fit in 16 bits. */
function asDevice(id: DynamicId) {
  return {
    vendor: id.vendor & 0xffff,
    device: id.device & 0xffff,
    subsystemVendor: (id.subsystemVendor ?? 0xffff) & 0xffff,
    subsystemDevice: (id.subsystemDevice ?? 0xffff) & 0xffff,
    classCode: id.classCode,
    revision: 0,
  }
}

/** Vendor, device, subsystem's vendor and device, class, mask, and data of the driver. */
const ALL_FIELDS = 7
const ANY_ID = 0xffffffff

/** sscanf with `%x` seven times: blanks between, `0x` or not, and it stops at what is no number. */
function parseId(text: string): { readonly id: DynamicId; readonly fields: number } {
  const numbers: number[] = []
  let rest = text
  while (numbers.length < ALL_FIELDS) {
    const match = /^\s*(?:0x)?([0-9a-f]+)/i.exec(rest)
    if (!match) break
    numbers.push(parseInt(match[1] ?? '', 16) >>> 0)
    rest = rest.slice(match[0].length)
  }
  const [vendor, device, subsystemVendor = ANY_ID, subsystemDevice = ANY_ID] = numbers
  if (vendor === undefined || device === undefined) throw new Refused('EINVAL')
  const [classCode = 0, classMask = 0] = numbers.slice(4)
  const unlessAny = (number: number) => (number === ANY_ID ? undefined : number)
  const id = {
    vendor,
    device,
    subsystemVendor: unlessAny(subsystemVendor),
    subsystemDevice: unlessAny(subsystemDevice),
    classCode,
    classMask,
  }
  return { id, fields: numbers.length }
}

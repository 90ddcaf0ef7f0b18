/**
 * What somebody has set up on a host before nvirt first looks: bindings, VFs, their resources and attachments. It is set
 * up as hardware and kernel would have it at the end, not by the orders that led there; the first reboot loses it.
 */
import { activate } from './devices/flexible-resources.ts'
import { addReference, dropReference } from './devices/attachment-rules.ts'
import type { PrimaryController } from './devices/subsystem.ts'
import type {
  ControllerDescription,
  HostDescription,
  SriovDescription,
  VirtualFunctionDescription,
} from './fleet.ts'
import type { EmulatedLinux } from './linux.ts'
import { noticeDrives } from './nvme-driver/drive-changes.ts'
import { probe } from './pci/driver-binding.ts'
import { primaryOf } from './pci/pci-function.ts'
import type { PciFunction } from './pci/pci-function.ts'
import { enable, sriovOf } from './pci/sriov.ts'

/** Functions that nvme does not get when it looks for its own, by address. */
export function undrivenWhenFound(description: HostDescription): ReadonlySet<string> {
  const undriven = controllersOf(description).filter(
    ({ driver = 'nvme' }) => driver !== 'nvme'
  )
  return new Set(undriven.map(({ address }) => address))
}

/** Functions have been found, and nvme has those that are its own. */
export async function setUpAsFound(
  linux: EmulatedLinux,
  description: HostDescription
): Promise<void> {
  for (const { address, driver, driverOverride, sriov } of controllersOf(description)) {
    const fn = linux.functions.get(address)
    if (!fn) throw new Error(`${address} was not found`)
    fn.override = driverOverride
    if (driver === 'vfio-pci') await probe(linux, 'vfio-pci', fn)
    const primary = primaryOf(fn)
    if (sriov && primary) await setUpVfs(linux, fn, primary, sriov)
  }
}

function controllersOf({ subsystems }: HostDescription): readonly ControllerDescription[] {
  return subsystems.flatMap(({ controllers }) => controllers)
}

async function setUpVfs(
  linux: EmulatedLinux,
  pf: PciFunction,
  primary: PrimaryController,
  description: SriovDescription
): Promise<void> {
  const { vfCount = 0, autoprobe = true, virtualFunctions = [] } = description
  const sriov = sriovOf(pf)
  // Drivers come last, each to the VF that is described with it.
  sriov.autoprobe = false
  if (vfCount > 0) await enable(linux, pf, vfCount)
  for (const vf of virtualFunctions) giveResources(primary, vf)
  attachAsDescribed(primary, virtualFunctions)
  sriov.autoprobe = true
  for (const { vfNumber, driver, driverOverride } of virtualFunctions) {
    const fn = sriov.vfs[vfNumber - 1]
    if (fn) fn.override = driverOverride
    // It may be bound against its override: that was written later.
    if (fn && driver) await probe(linux, driver, fn)
  }
  sriov.autoprobe = autoprobe
  // Some devices attach again whenever a driver enables a controller.
  attachAsDescribed(primary, virtualFunctions)
  noticeDrives(linux)
}

function attachAsDescribed(
  primary: PrimaryController,
  vfs: readonly VirtualFunctionDescription[]
): void {
  for (const vf of vfs) if (vf.namespaces) attachOnly(primary, vf)
}

function giveResources(
  { secondaries }: PrimaryController,
  { vfNumber, vq = 0, vi = 0, online = false }: VirtualFunctionDescription
): void {
  const entry = secondaries[vfNumber - 1]
  if (!entry) throw new Error(`there is no VF ${vfNumber}`)
  Object.assign(entry, { vq, vi, online })
  if (online) activate(entry)
}

/** Those that are described, whatever its device attaches by itself. */
function attachOnly(
  { subsystem, secondaries }: PrimaryController,
  { vfNumber, namespaces = [] }: VirtualFunctionDescription
): void {
  const cntlid = secondaries[vfNumber - 1]?.cntlid ?? -1
  for (const namespace of subsystem.namespaces.values()) {
    const has = namespace.attachedTo.has(cntlid)
    const wanted = namespaces.includes(namespace.nsid)
    if (has && !wanted) dropReference(namespace, cntlid)
    if (!has && wanted) addReference(namespace, cntlid)
  }
}

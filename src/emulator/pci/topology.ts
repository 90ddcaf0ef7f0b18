/** What is in the slots of a described host, in bus order: the host bridge, what else there is, root ports, NVMe controllers. */
import { pciAddress } from '../../nvme/pci-address.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import type { DriveController } from '../devices/build-drive.ts'
import type { HostDescription, OtherFunctionDescription } from '../fleet.ts'
import { bridgesOf } from './bridges.ts'
import type { Bridges } from './bridges.ts'
import { BRIDGE_CLASS, NVME_CLASS } from './pci-function.ts'
import type { PciFunction, PciIds, ResetMethod } from './pci-function.ts'

/** A function as hardware. What Linux makes of it lasts until it is removed; the next look finds it anew. */
export type Hardware = {
  readonly address: PciAddress
  /** Of its IOMMU group; see `joinGroup`. */
  readonly label: string | undefined
  /** In its slot. */
  present: boolean
  readonly found: () => PciFunction
}

/** Where nobody says what else there is. */
const HOST_BRIDGE: OtherFunctionDescription = {
  address: '0000:00:00.0',
  classCode: 0x060000,
  vendor: 0x8086,
  device: 0x29c0,
}

export function hardwareOf(
  description: HostDescription,
  controllers: readonly DriveController[]
): readonly Hardware[] {
  const others = description.otherFunctions ?? [HOST_BRIDGE]
  const bridges = bridgesOf(
    controllers.map((one) => one.description),
    others
  )
  return [
    ...others.map((other) => otherFunction(other, bridges)),
    ...bridges.rootPorts.map((port) => rootPort(pciAddress(port), bridges)),
    ...controllers.map((one) => controllerFunction(one, bridges)),
  ].toSorted((a, b) => (a.address < b.address ? -1 : 1))
}

function otherFunction(other: OtherFunctionDescription, bridges: Bridges): Hardware {
  const address = pciAddress(other.address)
  const { subsystemVendor = 0, subsystemDevice = 0, revision = 0, driver } = other
  const { classCode, vendor, device } = other
  const ids = { classCode, vendor, device, subsystemVendor, subsystemDevice, revision }
  const bare = bareFunction(address, bridges.pathOf(address), ids)
  const held = { ...bare, driver, powerKnown: driver !== undefined }
  return { address, label: other.group, present: true, found: () => ({ ...held }) }
}

function rootPort(address: PciAddress, bridges: Bridges): Hardware {
  const ids: PciIds = {
    classCode: BRIDGE_CLASS,
    vendor: 0x1b36,
    device: 0x000c,
    subsystemVendor: 0x1b36,
    subsystemDevice: 0,
    revision: 0,
  }
  const bare = bareFunction(address, bridges.pathOf(address), ids)
  const port = { ...bare, driver: 'pcieport', powerKnown: true }
  return { address, label: undefined, present: true, found: () => ({ ...port }) }
}

function bareFunction(address: PciAddress, sysfsPath: string, ids: PciIds): PciFunction {
  return {
    address,
    ids,
    sysfsPath,
    numaNode: -1,
    link: DEFAULT_LINK,
    serialNumber: undefined,
    controller: undefined,
    vf: undefined,
    sriov: undefined,
    resets: [],
    resetMethods: [],
    pulled: false,
    driver: undefined,
    override: undefined,
    group: undefined,
    powerKnown: false,
  }
}

const DEFAULT_LINK = { speed: '2.5 GT/s PCIe', width: 1 }

function controllerFunction(
  { controller, description, ids }: DriveController,
  bridges: Bridges
): Hardware {
  const address = pciAddress(description.address)
  const { sriov, link, numaNode, deviceSerialNumber, group } = description
  const { resetMethods = defaultResets(bridges.above(address)) } = description
  const found = (): PciFunction => ({
    ...bareFunction(address, bridges.pathOf(address), { ...ids, classCode: NVME_CLASS }),
    controller,
    numaNode: numaNode ?? -1,
    link: link ?? DEFAULT_LINK,
    serialNumber: deviceSerialNumber,
    resets: resetMethods,
    resetMethods,
    sriov: sriov && {
      totalVfs: sriov.totalVfs,
      vfGroup: sriov.vfGroup,
      offset: sriov.offset ?? 1,
      stride: sriov.stride ?? 1,
      vfDevice: sriov.vfDevice ?? ids.device,
      autoprobe: true,
      vfs: [],
    },
  })
  return { address, label: group, present: true, found }
}

/** The only function of its slot: a port above it can reset the link. */
function defaultResets(port: string | undefined): readonly ResetMethod[] {
  return port === undefined ? ['flr'] : ['flr', 'bus']
}

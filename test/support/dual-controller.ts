/** A host with one subsystem of two controllers and no SR-IOV, as in the demo fleet, its namespaces as a test needs them. */
import { demoFleet } from '../../src/emulator/demo-fleet.ts'
import type { HostDescription, NamespaceDescription } from '../../src/emulator/fleet.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'

/** cntlids 1 and 2. */
export const FIRST = '0000:81:00.0'
export const SECOND = '0000:82:00.0'

export const first = pciAddress(FIRST)
export const second = pciAddress(SECOND)

type Namespaces = readonly (Partial<NamespaceDescription> & { readonly nsid: number })[]

/** @param namespaces by nsid, 64 MiB and shared; attached to nobody if not said otherwise */
export function dualController(
  namespaces: Namespaces,
  change: Partial<HostDescription> = {}
): HostDescription {
  const host = demoFleet().hosts.find(({ name }) => name === 'rack3-dual-a')
  const [drive] = host?.subsystems ?? []
  if (!host || !drive) throw new Error('the demo fleet has no such host')
  const all = namespaces.map((one) => ({
    sizeBytes: 64 << 20,
    blockBytes: 4096,
    attached: one.attachedTo !== undefined,
    shared: true,
    ...one,
  }))
  return { ...host, subsystems: [{ ...drive, namespaces: all }], ...change }
}

/** What somebody else does on the host, without nvirt, and what is there right now. */
import { DEMO } from '../../src/access/caller.ts'
import type { HostChange } from '../../src/host/change.ts'
import type { NamespaceObservation } from '../../src/host/observation.ts'
import type { HostDriver } from '../../src/host/driver.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { bindByHand, PF, PLAIN, virtualFunctionOf, write, type World } from './world.ts'

export async function byHand(world: World, change: HostChange): Promise<void> {
  const context = { operationId: 'by hand', step: '', fence: 1, deadlineMs: 1_000 }
  await driverOf(world).apply(change, context)
}

/** With the least that it takes. */
export async function bringOnlineByHand(world: World, cntlid: number): Promise<void> {
  const fn = { pf: pciAddress(PF), cntlid }
  for (const resource of ['vq', 'vi'] as const) {
    await byHand(world, { change: 'assignResources', ...fn, resource, count: 2 })
  }
  await byHand(world, { change: 'bringOnline', ...fn })
}

/** VQs, to VF 1, as somebody on the host would. */
export async function giveFive(world: World): Promise<void> {
  const of = { pf: pciAddress(PF), cntlid: virtualFunctionOf(world, 1).cntlid }
  await byHand(world, { change: 'takeOffline', ...of })
  await byHand(world, { change: 'assignResources', ...of, resource: 'vq', count: 5 })
  await byHand(world, { change: 'assignResources', ...of, resource: 'vi', count: 2 })
  await byHand(world, { change: 'bringOnline', ...of })
  await world.inventory.rescan(DEMO, world.hostId)
}

export function unbindByHand({ machine }: World, address: string): Promise<void> {
  return write(machine, '/sys/bus/pci/drivers/nvme/unbind', address)
}

/** A guest sends what it likes through a controller that it has: here the host does, while it has it for that. */
export async function byGuest(
  world: World,
  changes: readonly HostChange[],
  then: () => Promise<unknown> = () => Promise.resolve()
): Promise<void> {
  await write(world.machine, '/sys/bus/pci/drivers/vfio-pci/unbind', PLAIN)
  await bindByHand(world, PLAIN, 'nvme')
  for (const change of changes) await byHand(world, change)
  await then()
  await unbindByHand(world, PLAIN)
  await bindByHand(world, PLAIN, 'vfio-pci')
}

/** Whatever the last scan saw. */
export async function diskNow(world: World, nsid: number): Promise<string> {
  const disk = await diskIfAny(world, { nsid })
  if (disk === undefined) throw new Error(`namespace ${nsid} has no disk`)
  return disk
}

export async function diskIfAny(
  world: World,
  { nsid, serial }: { readonly nsid: number; readonly serial?: string }
): Promise<string | undefined> {
  const { namespaces } = await driverOf(world).scan()
  const isIt = (one: NamespaceObservation) =>
    one.nsid === nsid && (serial === undefined || one.serial === serial)
  return namespaces.find(isIt)?.disks[0]
}

function driverOf({ hosts, hostId }: World): HostDriver {
  const host = hosts.get(hostId)
  if (host?.reach !== 'reachable') throw new Error('the host is there')
  return host.driver
}

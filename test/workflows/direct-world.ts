/** A subsystem with two controllers and no SR-IOV: one goes to a consumer, the other stays with the host. */
import { DEMO, type Caller } from '../../src/access/caller.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import type { AssignRequest, OperationView } from '../../src/workflows/workflows.ts'
import { dualController, FIRST } from '../support/dual-controller.ts'
import { memoryStore } from './memory-store.ts'
import { controllerAt, makeWorld, type World, type WorldOptions } from './world.ts'

/**
 * 1 is reached by both, 2 by the first only, 3 by the second only, 4 by nobody, 5 private and the second's, 6
 * private and the first's. cntlids 1 and 2.
 */
export const NAMESPACES = [
  { nsid: 1, attachedTo: [1, 2] },
  { nsid: 2, attachedTo: [1] },
  { nsid: 3, attachedTo: [2] },
  { nsid: 4 },
  { nsid: 5, attachedTo: [2], shared: false },
  { nsid: 6, attachedTo: [1], shared: false },
] as const

/** Of each kind one, for what is run many times. */
export const FEW = NAMESPACES.filter(({ nsid }) => [1, 3, 6].includes(nsid))

export function directWorld(
  description: HostDescription = dualController(NAMESPACES),
  options: Omit<WorldOptions, 'description'> = {}
): Promise<World> {
  return makeWorld(memoryStore(), { description, ...options })
}

export const THIRD = '0000:83:00.0'

/** cntlid 3 as well. */
export function threeControllers(
  namespaces: Parameters<typeof dualController>[0] = NAMESPACES
): Promise<World> {
  const host = dualController(namespaces)
  const subsystems = host.subsystems.map((drive) => ({
    ...drive,
    controllers: [
      ...drive.controllers,
      ...drive.controllers.slice(1).map((each) => ({ ...each, address: THIRD, cntlid: 3 })),
    ],
  }))
  return directWorld({ ...host, subsystems })
}

/** Its drives as the specification has them, which create and delete namespaces. */
export function asSpecified(host: HostDescription): HostDescription {
  const subsystems = host.subsystems.map((drive) => ({
    ...drive,
    controllers: drive.controllers.map((one) => {
      return { ...one, device: 'specification' as const }
    }),
  }))
  return { ...host, subsystems }
}

/** For more namespaces. */
export function withRoom({ subsystems, ...host }: HostDescription): HostDescription {
  return {
    ...host,
    subsystems: subsystems.map((one) => ({ ...one, capacityBytes: 2 ** 30 })),
  }
}

/** The first controller, with these namespaces. */
export function assignFirst(
  world: World,
  nsids: readonly number[],
  request: Partial<AssignRequest> = {}
): Promise<OperationView> {
  return world.workflows.assign(DEMO, {
    controllerId: controllerAt(world, FIRST).id,
    namespaceIds: idsOf(world, nsids),
    consumer: 'vm',
    ...request,
  })
}

/** The same, with everything attached, and binding it does not come back. */
export async function assigningFirst(world: World, nsids: readonly number[]) {
  const { machine, workflows } = world
  const { id } = machine.faults.arm({
    match: { path: '**/drivers_probe', address: FIRST },
    times: 1,
    kind: { fault: 'never-returns' },
  })
  const operation = await assignFirst(world, nsids)
  await world.until(operation, (state) => state === 'blocked')
  const cancelled = async () => {
    await workflows.cancel(DEMO, operation.id)
    machine.faults.takeBack(id, 'without-effect')
    return world.end(operation)
  }
  return { cancelled }
}

/** Its admin commands do not come back: a scan has asked it. */
export async function hangs(world: World, address: string): Promise<void> {
  const { machine, inventory, clock, hostId } = world
  const match = { call: 'admin', address } as const
  machine.faults.arm({ match, kind: { fault: 'never-returns' } })
  const scanning = inventory.rescan(DEMO, hostId)
  await clock.advance(60_000)
  await scanning
}

const NEIGHBOUR: Caller = { ...DEMO, tenant: 'neighbour' }

/** To another tenant; without namespaces with whatever is attached to it. */
export function assignToOther(
  world: World,
  address: string,
  nsids?: readonly number[]
): Promise<OperationView> {
  return world.workflows.assign(NEIGHBOUR, {
    controllerId: controllerAt(world, address).id,
    consumer: 'other',
    ...(nsids && { namespaceIds: idsOf(world, nsids) }),
  })
}

/** That of this controller which has not ended. */
export function standing(world: World, address: string) {
  const row = world.store.read.standingAssignment(controllerAt(world, address).id)
  if (!row) throw new Error(`${address} is not assigned`)
  return row
}

export function idsOf({ store, hostId }: World, nsids: readonly number[]): string[] {
  const { namespaces } = store.read.inventoryOf(hostId)
  return nsids.map((nsid) => {
    const row = namespaces.find(({ observation }) => observation.nsid === nsid)
    if (!row) throw new Error(`no namespace ${nsid}`)
    return row.id
  })
}

/** By nsid, of the one drive. */
export function attachments({ machine }: World): Record<string, readonly number[]> {
  const entries = Object.entries(machine.snapshot().attachments)
  return Object.fromEntries(
    entries.map(([key, cntlids]) => [key.split(' ')[1] ?? '', cntlids])
  )
}

/** Kept while it is mounted: a disk that vanishes and comes again has another one, though the same name. */
export async function deviceNumberOf({ machine }: World, disk: string): Promise<string> {
  return machine.kernel.call({ call: 'read', path: `/sys/block/${disk}/dev` })
}

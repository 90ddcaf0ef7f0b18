/** An emulated host with the whole service below the API on it: driver, inventory, store, workflows. */
import { v7 } from 'uuid'
import { DEMO } from '../../src/access/caller.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import type { EmulatedMachine } from '../../src/emulator/machine.ts'
import { emulatedMachine } from '../../src/emulator/power-on.ts'
import { AT_ONCE, type Timing } from '../../src/emulator/timing.ts'
import { createHosts, type Hosts } from '../../src/host/hosts.ts'
import { hostIdOf } from '../../src/inventory/identity.ts'
import type { Inventory } from '../../src/inventory/inventory.ts'
import { createInventory } from '../../src/inventory/scan-service.ts'
import type { Kernel } from '../../src/kernel/kernel.ts'
import { linuxHost } from '../../src/linux/linux-host.ts'
import { isTerminal, type OperationState } from '../../src/saga/operation.ts'
import type { ControllerRow } from '../../src/store/rows.ts'
import type { Store } from '../../src/store/store.ts'
import {
  createWorkflows,
  type RunningWorkflows,
  type WorkflowsOptions,
} from '../../src/workflows/service.ts'
import type { OperationView } from '../../src/workflows/workflows.ts'
import { fakeClock, type FakeClock } from '../support/fake-clock.ts'

export const PF = '0000:01:00.0'
export const PLAIN = '0000:02:00.0'

export type World = {
  readonly store: Store
  readonly clock: FakeClock
  readonly machine: EmulatedMachine
  readonly hostId: string
  readonly hosts: Hosts
  readonly inventory: Inventory
  readonly workflows: RunningWorkflows
  /** Moves time on until the operation is in one of these states. */
  readonly until: (
    operation: Pick<OperationView, 'id'>,
    isThere: (state: OperationState) => boolean
  ) => Promise<OperationView>
  /** To its end. */
  readonly end: (operation: Pick<OperationView, 'id'>) => Promise<OperationView>
  /** The same store and machine, and another service: the former one stops where it stands. */
  readonly restart: () => Promise<World>
  /** Another service on the same machine, this one being dead; its kernel is the machine's own. */
  readonly succeededBy: (store: Store, its?: Pick<WorldOptions, 'kernel'>) => Promise<World>
  readonly stop: () => Promise<void>
}

export type WorldOptions = {
  readonly description?: HostDescription
  readonly adapt?: WorkflowsOptions['adapt']
  /** Another one: the same machine after a reboot. */
  readonly seed?: number
  /** Default: the kernel does everything at once. */
  readonly timing?: Timing
  /** Restores and heals, as the whole service does. Default: only what a test asks for is done. */
  readonly tends?: boolean
  /** What stands between this service and the machine's kernel. */
  readonly kernel?: (kernel: Kernel) => Kernel
}

/** A machine as the lab's, switched on and scanned. */
export async function makeWorld(store: Store, options: WorldOptions = {}): Promise<World> {
  const clock = fakeClock()
  const description = options.description ?? labLikeHost()
  const { seed = 1, timing = AT_ONCE } = options
  const machine = await emulatedMachine(description, { clock, seed, timing })
  return worldOf(store, clock, machine, options)
}

async function worldOf(
  store: Store,
  clock: FakeClock,
  machine: EmulatedMachine,
  options: WorldOptions
): Promise<World> {
  const { kernel = (it) => it, ...lasting } = options
  const driver = linuxHost(kernel(machine.kernel), clock)
  const hostId = hostIdOf((await driver.facts()).machineId)
  const hosts = createHosts()
  hosts.set({ id: hostId, reach: 'reachable', driver })
  const inventory = createInventory({
    hosts,
    store,
    clock,
    changing: (id) => workflows.changing(id),
    inHand: (id) => workflows.inHand(id),
    pendingPrimary: (id) => workflows.pendingPrimary(id),
    onScanned: (id) => workflows.tend(id),
  })
  const workflows = createWorkflows({
    hosts,
    store,
    inventory,
    clock,
    newId: v7,
    owner: v7(),
    takeOverAll: true,
    tends: options.tends ?? false,
    ...(options.adapt && { adapt: options.adapt }),
  })

  async function until(
    { id }: Pick<OperationView, 'id'>,
    isThere: (state: OperationState) => boolean
  ): Promise<OperationView> {
    for (let rounds = 0; rounds < 5_000; rounds++) {
      const operation = workflows.operation(DEMO, id)
      if (isThere(operation.state)) return operation
      await clock.advance(20)
    }
    const { state, steps } = workflows.operation(DEMO, id)
    throw new Error(`operation ${id} is still ${state}: ${JSON.stringify(steps)}`)
  }

  async function stop(): Promise<void> {
    await workflows.stop()
    await driver.close()
  }

  await inventory.rescan(DEMO, hostId)
  return {
    store,
    clock,
    machine,
    hostId,
    hosts,
    inventory,
    workflows,
    until,
    end: (operation) => until(operation, isTerminal),
    restart: async () => {
      await stop()
      return worldOf(store, clock, machine, options)
    },
    succeededBy: (other, its = {}) =>
      worldOf(other, clock, machine, { ...lasting, ...its }),
    stop,
  }
}

export function controllerAt({ store, hostId }: World, address: string): ControllerRow {
  const row = store.read
    .inventoryOf(hostId)
    .controllers.find((controller) => controller.address === address)
  if (!row) throw new Error(`no controller at ${address}`)
  return row
}

export function virtualFunctionOf({ store, hostId }: World, vfNumber: number) {
  const row = store.read
    .inventoryOf(hostId)
    .virtualFunctions.find((vf) => vf.vfNumber === vfNumber)
  if (!row) throw new Error(`no VF ${vfNumber}`)
  return row
}

export function namespaceIds(world: World, nsids: readonly number[]): readonly string[] {
  const { serial } = controllerAt(world, PF)
  const rows = world.store.read.inventoryOf(world.hostId).namespaces
  return nsids.map((nsid) => {
    const row = rows.find(
      ({ observation }) => observation.nsid === nsid && observation.serial === serial
    )
    if (!row) throw new Error(`no namespace ${nsid}`)
    return row.id
  })
}

export type WantedVf = { readonly ioQueuePairs: number; readonly nsids: readonly number[] }

export function provision(
  world: World,
  wanted: readonly WantedVf[],
  driver: 'none' | 'nvme' = 'none'
): Promise<OperationView> {
  const virtualFunctions = wanted.map(({ ioQueuePairs, nsids }) => ({
    ioQueuePairs,
    namespaceIds: namespaceIds(world, nsids),
  }))
  const { id } = controllerAt(world, PF)
  return world.workflows.provision(DEMO, id, { virtualFunctions, driver })
}

/** Of the SR-IOV drive. */
export function resize(
  world: World,
  wanted: { readonly vq: number; readonly vi: number }
): Promise<OperationView> {
  return world.workflows.resizePrimary(DEMO, controllerAt(world, PF).id, wanted)
}

/** Must succeed: for what a test needs to be there. */
export async function done(
  world: World,
  starting: Promise<OperationView>
): Promise<OperationView> {
  const operation = await world.end(await starting)
  if (operation.state === 'succeeded') return operation
  throw new Error(
    `${operation.workflow} ${operation.state}: ${JSON.stringify(operation.error)}`
  )
}

/** As somebody on the host would, without nvirt. */
export async function bindByHand(
  { machine }: World,
  address: string,
  driver: string
): Promise<void> {
  await write(machine, `/sys/bus/pci/devices/${address}/driver_override`, driver)
  await write(machine, '/sys/bus/pci/drivers_probe', address)
}

export async function write(
  { kernel }: EmulatedMachine,
  path: string,
  text: string
): Promise<void> {
  const { done: isDone } = await kernel
    .lane('by hand')
    .call({ call: 'write', path, text }, { deadlineMs: 1_000 })
  if (!isDone) throw new Error(`${path} does not come back`)
}

export function groupOf({ store, hostId }: World, address: string): number {
  const { controllers, virtualFunctions } = store.read.inventoryOf(hostId)
  const row = [...controllers, ...virtualFunctions].find((each) => each.address === address)
  const group = row?.observation?.group
  if (!group) throw new Error(`${address} is in no group`)
  return group.number
}

/** Of the SR-IOV drive. Numbers of disks are given in the order in which they appear. */
export function diskOf(world: World, nsid: number): string {
  const { serial } = controllerAt(world, PF)
  const row = world.store.read
    .inventoryOf(world.hostId)
    .namespaces.find(
      ({ observation }) => observation.nsid === nsid && observation.serial === serial
    )
  const disk = row?.observation.disks[0]
  if (disk === undefined) throw new Error(`namespace ${nsid} has no disk`)
  return disk
}

/** Each workflow, and a process that dies at one of its commits. */
import { DEMO } from '../../src/access/caller.ts'
import type { MachineSnapshot } from '../../src/emulator/machine.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import type { KernelCall } from '../../src/kernel/call.ts'
import type { Store } from '../../src/store/store.ts'
import type { OperationView } from '../../src/workflows/workflows.ts'
import { dualController, FIRST } from '../support/dual-controller.ts'
import { assignFirst, FEW } from './direct-world.ts'
import { memoryStore } from './memory-store.ts'
import { mortalStore } from './mortal-store.ts'
import { onlyAssignment } from './scenarios.ts'
import {
  controllerAt,
  done,
  makeWorld,
  PLAIN,
  provision,
  virtualFunctionOf,
  type World,
} from './world.ts'

export type Case = {
  /** Default: as the lab's. */
  readonly description?: HostDescription
  readonly prepare: (world: World) => Promise<unknown>
  readonly start: (world: World) => Promise<OperationView>
  /** A namespace that the host has a disk for at some time of it, and the function that serves it. */
  readonly disk: { readonly serial: string; readonly nsid: number; readonly fn: string }
}

const ONE = [{ ioQueuePairs: 1, nsids: [2] }]
const OF_VF = { serial: 'PF0', nsid: 2, fn: '0000:01:00.1' }

export const CASES = {
  provisioning: {
    prepare: () => Promise.resolve(),
    start: (world) => provision(world, ONE, 'nvme'),
    disk: OF_VF,
  },
  retiring: {
    prepare: (world) => done(world, provision(world, ONE, 'nvme')),
    start: (world) => world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id),
    disk: OF_VF,
  },
  assigning: {
    prepare: () => Promise.resolve(),
    start: (world) =>
      world.workflows.assign(DEMO, {
        controllerId: controllerAt(world, PLAIN).id,
        consumer: 'vm',
      }),
    disk: { serial: 'PLAIN0', nsid: 1, fn: PLAIN },
  },
  releasing: {
    prepare: async (world) => {
      await done(world, provision(world, ONE, 'nvme'))
      const virtualFunctionId = virtualFunctionOf(world, 1).id
      await done(
        world,
        world.workflows.assign(DEMO, {
          virtualFunctionId,
          consumer: 'vm',
          accept: ['not-tenant-safe'],
        })
      )
    },
    start: (world) =>
      world.workflows.release(DEMO, onlyAssignment(world).id, { acceptUncleaned: true }),
    disk: OF_VF,
  },
} as const satisfies Record<string, Case>

/** Has a commit step, from which there is no way back to what was found. */
export const CLEANING: Case = {
  ...CASES.releasing,
  start: (world) => world.workflows.release(DEMO, onlyAssignment(world).id, {}),
}

const DIRECT: Pick<Case, 'description' | 'disk'> = {
  description: dualController(FEW),
  disk: { serial: 'DP377B0E9', nsid: 3, fn: FIRST },
}

/** A controller, and the namespaces that it goes with. */
export const DIRECTLY = {
  'assigning with chosen namespaces': {
    ...DIRECT,
    prepare: () => Promise.resolve(),
    start: (world) => assignFirst(world, [3]),
  },
  'releasing what was chosen': {
    ...DIRECT,
    prepare: (world) => done(world, assignFirst(world, [3])),
    start: (world) => world.workflows.release(DEMO, onlyAssignment(world).id, {}),
  },
} as const satisfies Record<string, Case>

/** A hold is no write, and ends with its process: the next one takes it anew. */
export function writesIn(calls: readonly KernelCall[]): readonly KernelCall[] {
  return calls.filter(({ call }) => call !== 'holdDisk' && call !== 'letGoDisk')
}

export type CleanRun = {
  readonly commits: number
  readonly goal: MachineSnapshot
  readonly writes: readonly KernelCall[]
}

export async function cleanRun(one: Case): Promise<CleanRun> {
  const { world, commits, operation, from } = await started(one, Infinity)
  await done(world, Promise.resolve(operation))
  await world.stop()
  return {
    commits: commits(),
    goal: world.machine.snapshot(),
    writes: writesIn(world.machine.transcript.slice(from)),
  }
}

export type Killed = {
  /** The dead one's commits never come back, so it stands where it stood. */
  readonly world: World
  /** What is durable. */
  readonly store: Store
  readonly operation: OperationView
  readonly found: MachineSnapshot
  /** Control calls of the machine before the operation. */
  readonly from: number
}

/** @param lives commits of the operation until its process dies, the one that starts it included */
export async function killedAt(one: Case, lives: number): Promise<Killed> {
  const killed = await started(one, lives)
  await killed.world.clock.advance(60_000)
  return killed
}

async function started(one: Case, lives: number) {
  const store = memoryStore()
  const mortal = mortalStore(store)
  const { description } = one
  const world = await makeWorld(mortal, { ...(description && { description }) })
  await one.prepare(world)
  const found = world.machine.snapshot()
  const from = world.machine.transcript.length
  mortal.lives = lives
  mortal.commits = 0
  const operation = await one.start(world)
  return { world, store, operation, found, from, commits: () => mortal.commits }
}

export function resetsIn(calls: readonly KernelCall[]): number {
  return calls.filter((call) => call.call === 'write' && call.path.endsWith('/reset'))
    .length
}

/** What nobody can see to have been done: resets; Formats, and the markers that are written anew for another one. */
export function unseenIn(calls: readonly KernelCall[]): number {
  const formats = calls.filter(isFormat)
  const since = calls.slice(calls.findIndex(isFormat)).filter(isMarker)
  return resetsIn(calls) + formats.length + (formats.length > 0 ? since.length : 0)
}

function isFormat(call: KernelCall): boolean {
  return call.call === 'admin' && call.command.opcode === 0x80
}

function isMarker({ call }: KernelCall): boolean {
  return call === 'writeBlocks'
}

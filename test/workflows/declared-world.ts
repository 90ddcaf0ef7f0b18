/** A host that is looked after, and what tests of declared VFs ask of it. */
import { onTestFinished } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { VirtualFunctionPolicy } from '../../src/store/policy-row.ts'
import type { DeclaredVfView } from '../../src/workflows/declared/policy-view.ts'
import { memoryStore } from './memory-store.ts'
import {
  controllerAt,
  done,
  makeWorld,
  PF,
  virtualFunctionOf,
  type World,
  type WorldOptions,
} from './world.ts'

export const PAGE = { after: null, limit: 100 }

export async function tended(
  options: Pick<WorldOptions, 'adapt' | 'kernel' | 'seed'> = {},
  store = memoryStore()
): Promise<World> {
  const world = await makeWorld(store, { ...options, tends: true })
  const starting = world.inventory.start()
  await world.clock.advance(0)
  await starting
  onTestFinished(async () => {
    await world.inventory.stop()
    await world.stop()
  })
  return world
}

export async function until(
  world: World,
  what: string,
  isSo: () => boolean
): Promise<void> {
  for (let rounds = 0; rounds < 2_000; rounds++) {
    if (isSo()) return
    await world.clock.advance(50)
  }
  const { items } = world.workflows.operations(DEMO, {}, PAGE)
  const errors = items.map(({ workflow, state, error }) => ({ workflow, state, error }))
  const declared = world.workflows.virtualFunctionPolicies(DEMO, {}, PAGE).items
  throw new Error(`never ${what}: ${JSON.stringify([declared, errors])}`)
}

/** What stood before the last boot is back, or was given up. */
export const settled = (world: World) =>
  until(world, 'settled', () => {
    const host = world.store.read.host(world.hostId)
    return host?.bootId === host?.settledBootId
  })
export const pfOf = (world: World) => controllerAt(world, PF).id
export const shown = (world: World) =>
  world.workflows.virtualFunctionPolicy(DEMO, pfOf(world))
export const declare = (world: World, policy: VirtualFunctionPolicy) =>
  world.workflows.declareVirtualFunctions(DEMO, pfOf(world), policy)
export const converged = (world: World) =>
  until(world, 'as declared', () => shown(world).converged)
export const shownVf = (world: World, vfNumber: number): DeclaredVfView => {
  const vf = shown(world).virtualFunctions.find((one) => one.vfNumber === vfNumber)
  if (!vf) throw new Error(`VF ${vfNumber} is neither declared nor provisioned`)
  return vf
}
export const waitsOf = (world: World) =>
  shown(world).virtualFunctions.map(({ state, reason }) => [state, reason])

export function sizes({ store, hostId }: World) {
  return store.read
    .inventoryOf(hostId)
    .virtualFunctions.toSorted((a, b) => a.vfNumber - b.vfNumber)
    .filter(({ secondaryState }) => secondaryState === 'online')
    .map(({ vfNumber, vq, vi }) => [vfNumber, vq, vi])
}

export function operations({ workflows }: World) {
  return workflows.operations(DEMO, {}, PAGE).items
}

export function told({ store }: World, prefix: RegExp): readonly string[] {
  return store.read
    .events(null, 0, 10_000)
    .map(({ type }) => type)
    .filter((type) => prefix.test(type))
}

/** Of a VF of the SR-IOV drive. */
export async function assign(
  world: World,
  vfNumber: number,
  consumer: string
): Promise<string> {
  const virtualFunctionId = virtualFunctionOf(world, vfNumber).id
  const accept = ['not-tenant-safe'] as const
  const request = { virtualFunctionId, consumer, accept }
  await done(world, world.workflows.assign(DEMO, request))
  const { items } = world.workflows.assignments(DEMO, PAGE)
  const assigned = items.find(({ functionId, state }) => {
    return functionId === virtualFunctionId && state === 'ready'
  })
  return assigned?.id ?? ''
}

export const release = (world: World, id: string) =>
  done(world, world.workflows.release(DEMO, id, { acceptUncleaned: true }))

export const TWO = { count: 2, vq: { each: 3 }, vi: { each: 2 } }

/** A process that dies between two steps, and what others do until the next one starts. */
import { expect } from 'vitest'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import type { OperationView } from '../../src/workflows/workflows.ts'
import { memoryStore } from './memory-store.ts'
import { mortalStore, whenDone } from './mortal-store.ts'
import { makeWorld, type World } from './world.ts'

type Killed = {
  /** Default: as the lab's. */
  readonly description?: HostDescription
  readonly prepare?: (world: World) => Promise<unknown>
  readonly meanwhile: (world: World) => void | Promise<void>
}

/** Dies when the step is recorded as done; the next process starts when others have done their part. */
export async function killedAfter(
  step: string,
  start: (world: World) => Promise<OperationView>,
  { prepare, meanwhile, ...its }: Killed
) {
  const store = memoryStore()
  const mortal = mortalStore(store)
  const world = await makeWorld(mortal, its)
  await prepare?.(world)
  mortal.dieAfter = whenDone(store, step)
  const operation = await start(world)
  await world.clock.advance(10_000)
  expect(mortal.lives, `${step} was done`).toBeLessThan(Infinity)
  await meanwhile(world)
  const next = await world.succeededBy(store)
  await next.workflows.resume()
  return { world, next, operation }
}

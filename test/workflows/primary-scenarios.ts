/** Giving a primary flexible resources of its own, and taking them. */
import { expect } from 'vitest'
import { labWith } from '../support/lab-with.ts'
import type { Scenario } from '../support/scenario.ts'
import { controllerAt, PF, resize, type World } from './world.ts'

/** On each kind of drive with VFs; one is delivered with everything at its primary. */
export const PRIMARIES = {
  'giving a primary resources of its own, on QEMU 7.2': growing('qemu-7.2'),
  'giving a primary resources of its own, on QEMU 10': growing('qemu-10'),
  'giving a primary resources of its own, on a drive as specified':
    growing('specification'),
  'releasing what a PM1733 is delivered with': {
    description: labWith('pm1733'),
    start: (world) => resize(world, { vq: 0, vi: 0 }),
    atGoal: (world) => expectOwn(world, { vq: 0, vi: 0 }),
    asFound: (world) => expectOwn(world, { vq: 32, vi: 24 }),
  },
} satisfies Record<string, Scenario>

function growing(device: Parameters<typeof labWith>[0]): Scenario {
  return {
    description: labWith(device),
    start: (world) => resize(world, { vq: 4, vi: 2 }),
    atGoal: (world) => expectOwn(world, { vq: 4, vi: 2 }),
    asFound: (world) => expectOwn(world, { vq: 0, vi: 0 }),
  }
}

function expectOwn(world: World, { vq, vi }: { vq: number; vi: number }): void {
  expect(world.machine.snapshot().primaries[PF]?.flexible).toEqual({
    vq: { now: vq, pending: vq },
    vi: { now: vi, pending: vi },
  })
  expect(world.workflows.pendingPrimary(controllerAt(world, PF).id)).toBeNull()
}

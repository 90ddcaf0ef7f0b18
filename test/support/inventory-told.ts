/** Whether the inventory tells a machine as it is, now and not after the next round of scans. */
import { expect } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { World } from '../workflows/world.ts'

/** Scans once more, which must find nothing that its rows do not say already. */
export async function expectInventoryTold(world: World, what: string): Promise<void> {
  const told = lastingRows(world)
  await world.inventory.rescan(DEMO, world.hostId)
  expect(lastingRows(world), `${what}: the inventory, and what a scan finds`).toEqual(told)
}

/** Counters of a drive move with each command, and so does when it was looked at. */
const MOVING = ['health', 'observedAt']

function lastingRows({ store, hostId }: World): unknown {
  const rows = store.read.inventoryOf(hostId)
  return JSON.parse(
    JSON.stringify(rows, (key, value: unknown) => (MOVING.includes(key) ? null : value))
  )
}

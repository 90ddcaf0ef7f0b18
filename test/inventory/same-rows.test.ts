/** Scans that see the same again read no rows: shown to give the same rows and events as those that compare them all. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { isoTime } from '../../src/clock.ts'
import type { HostDriver } from '../../src/host/driver.ts'
import { createHosts } from '../../src/host/hosts.ts'
import type { HostObservation } from '../../src/host/observation.ts'
import { hostIdOf } from '../../src/inventory/identity.ts'
import { createInventory } from '../../src/inventory/scan-service.ts'
import type { Store, StoreWrite } from '../../src/store/store.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { atSize } from '../support/test-size.ts'
import { temporaryStore } from '../store/temporary-store.ts'
import { memoryStore } from '../workflows/memory-store.ts'
import { MACHINE_IDS, RandomRacks, steps, type Move, type Step } from './random-racks.ts'

const EVERYTHING = { after: null, limit: 100_000 }

test('any sequence of what hosts show and others write gives the same rows and events', async () => {
  let confirmed = 0
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const { store, confirmations } = withShortcut(memoryStore())
      const quick = await played(sequence, store)
      const thorough = await played(sequence, comparingAlways(memoryStore()))
      confirmed += confirmations.length
      expectSame(quick, thorough)
    }),
    { numRuns: atSize({ normal: 120, full: 3_000 }) }
  )
  expect(confirmed).toBeGreaterThan(0)
}, 600_000)

test('the database gives the same rows and events', async () => {
  const runs = atSize({ normal: 3, full: 40 })
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const quick = await played(sequence, await temporaryStore())
      const thorough = await played(sequence, comparingAlways(memoryStore()))
      expectSame(quick, thorough)
    }),
    { numRuns: runs }
  )
}, 600_000)

/** Texts are compared sooner; what differs is shown. */
function expectSame(quick: readonly unknown[], thorough: readonly unknown[]): void {
  if (JSON.stringify(quick) !== JSON.stringify(thorough)) expect(quick).toEqual(thorough)
}

function withShortcut(store: Store) {
  const confirmations: StoreWrite[] = []
  const commit = (writes: readonly StoreWrite[]) => {
    confirmations.push(...writes.filter(({ write }) => write === 'confirmScan'))
    return store.commit(writes)
  }
  return { store: { ...store, commit }, confirmations }
}

function comparingAlways(store: Store): Store {
  return { ...store, read: { ...store.read, scanDigest: () => undefined } }
}

/** Everything that there is after each step. */
async function played(sequence: readonly Step[], store: Store) {
  const clock = fakeClock()
  const racks = new RandomRacks()
  const hosts = createHosts()
  const ids = MACHINE_IDS.map(hostIdOf)
  ids.forEach((id, host) =>
    hosts.set({
      id,
      reach: 'reachable',
      driver: showing(() => racks.observation(host, isoTime(clock.nowMs()))),
    })
  )
  const inventory = createInventory({ hosts, store, clock, changing: () => null })
  const states: unknown[] = []
  for (const { move, scans } of sequence) {
    await clock.advance(1_000)
    if (move.move === 'provision') await provision(store, move)
    else racks.make(move)
    await Promise.all(scans.map((host) => inventory.rescan(DEMO, ids[host] ?? '')))
    states.push(everythingIn(store))
  }
  return states
}

async function provision(
  store: Store,
  { nth, undo }: Extract<Move, { move: 'provision' }>
): Promise<void> {
  const row = store.read.virtualFunctions({}, EVERYTHING).items[nth]
  if (!row) return
  const provisioned = {
    vq: 4,
    vi: 4,
    nsids: [1],
    driver: 'none',
    tenant: 'default',
    operationId: 'operation-1',
    at: '2026-01-01T00:00:00.000Z',
  } as const
  await store.commit([
    {
      write: 'setProvisioned',
      virtualFunctionId: row.id,
      provisioned: undo ? null : provisioned,
    },
    {
      write: 'setSriovBefore',
      controllerId: row.controllerId,
      before: undo ? null : { vfCount: 0, autoprobe: true },
    },
  ])
}

function everythingIn({ read }: Store) {
  return {
    hosts: read.hosts(EVERYTHING).items,
    controllers: read.controllers({}, EVERYTHING).items,
    virtualFunctions: read.virtualFunctions({}, EVERYTHING).items,
    namespaces: read.namespaces({}, EVERYTHING).items,
    events: read.events(null, 0, 100_000),
  }
}

function showing(observe: () => HostObservation): HostDriver {
  const unused = () => Promise.reject(new Error('an inventory neither asks nor changes'))
  return {
    facts: () => Promise.resolve(observe().host),
    scan: () => Promise.resolve(observe()),
    onUevent: () => Promise.resolve(() => Promise.resolve()),
    ask: unused,
    apply: unused,
    preview: unused,
    watch: unused,
    close: unused,
  }
}

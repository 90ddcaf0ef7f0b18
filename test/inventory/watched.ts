/** An inventory that watches one host, which shows what a test tells it to. */
import { HostDriverError, type HostDriver } from '../../src/host/driver.ts'
import { createHosts } from '../../src/host/hosts.ts'
import type { HostObservation } from '../../src/host/observation.ts'
import { hostIdOf } from '../../src/inventory/identity.ts'
import { createInventory } from '../../src/inventory/scan-service.ts'
import type { SeenHostRow } from '../../src/store/rows.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { memoryStore } from '../workflows/memory-store.ts'
import { FACTS, fn, namespace, primary, scanOf } from './observed.ts'

export const HOST_ID = hostIdOf(FACTS.machineId)

export function watched() {
  const clock = fakeClock()
  const store = memoryStore()
  const hosts = createHosts()
  const host = fakeHost()
  hosts.set({ id: HOST_ID, reach: 'reachable', driver: host.driver })
  const troubles: unknown[] = []
  let isBeingChanged = false
  const inventory = createInventory({
    hosts,
    store,
    clock,
    changing: () => null,
    isBeingChanged: () => isBeingChanged,
    onTrouble: (error) => troubles.push(error),
  })
  const events = (kind: string) =>
    store.read
      .events(null, 0, 1_000)
      .filter(({ subject }) => subject.kind === kind)
      .map(({ type }) => type)
  /** Joins the fleet, and shows the same. */
  function another(machineId: string): string {
    const other = fakeHost()
    other.observe({ ...OBSERVED, host: { ...FACTS, machineId } })
    const id = hostIdOf(machineId)
    hosts.set({ id, reach: 'reachable', driver: other.driver })
    return id
  }
  const beChanged = (now: boolean) => (isBeingChanged = now)
  return { clock, store, hosts, host, another, inventory, events, troubles, beChanged }
}

const OBSERVED = scanOf([primary(), fn()], [namespace()])

/** A host that shows what it is told to, when it is told to. */
function fakeHost() {
  let observation: HostObservation = OBSERVED
  let failure: string | undefined
  let bug: Error | undefined
  let gate: Promise<void> = Promise.resolve()
  let atOnce = 0
  const listeners = new Set<(what: string) => void>()
  const host = {
    scans: 0,
    mostAtOnce: 0,
    observe: (next: HostObservation) => (observation = next),
    fail: (why: string | undefined) => (failure = why),
    breakDown: (error: Error | undefined) => (bug = error),
    uevent: (what: string) => listeners.forEach((listener) => listener(what)),
    hold: () => {
      let letGo = () => {}
      gate = new Promise((resolve) => (letGo = resolve))
      return letGo
    },
    driver: unusedBut({
      facts: () => {
        if (failure === undefined) return Promise.resolve(observation.host)
        return Promise.reject(new HostDriverError(failure, { kind: 'gone', what: 'host' }))
      },
      scan: async () => {
        if (failure !== undefined)
          throw new HostDriverError(failure, { kind: 'gone', what: 'host' })
        host.scans++
        host.mostAtOnce = Math.max(host.mostAtOnce, ++atOnce)
        await gate
        atOnce--
        if (bug) throw bug
        return observation
      },
      onUevent: (listener) => {
        listeners.add(listener)
        return Promise.resolve(async () => void listeners.delete(listener))
      },
    }),
  }
  return host
}

function unusedBut(used: Pick<HostDriver, 'facts' | 'scan' | 'onUevent'>): HostDriver {
  const unused = () => Promise.reject(new Error('an inventory neither asks nor changes'))
  return {
    ...used,
    ask: unused,
    apply: unused,
    preview: unused,
    watch: unused,
    close: unused,
  }
}

export function inventoryRow(): SeenHostRow {
  const observedAt = '2026-01-01T00:00:00.000Z'
  return { ...FACTS, id: HOST_ID, reach: 'reachable', why: null, observedAt }
}

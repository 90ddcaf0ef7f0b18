/**
 * Many operations at once over hosts that fail, reboot and lose drives, and a service that is started again and again: nobody
 * gets what somebody else has, all comes to an end, all of it is told, and every machine is as it was found.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isTerminal } from '../../src/saga/operation.ts'
import { crashSeed } from '../support/crash-seed.ts'
import {
  operationsOf,
  storm,
  type Storm,
  type StormSize,
} from '../workflows/storm/storm.ts'
import { KINDS } from '../workflows/storm/weather.ts'

const SIZE: StormSize = {
  hosts: 50,
  operations: 2_000,
  atOnce: 200,
  troubles: 24,
  restarts: 5,
}
/** What must have happened of each kind: some faults are armed where nothing comes by any more. */
const LEAST = 20
const INTERRUPTED = 20
const WITHIN_MS = 180_000

let after: Storm
let tookMs: number
beforeAll(async () => {
  const begun = performance.now()
  after = await storm(SIZE, crashSeed())
  tookMs = performance.now() - begun
}, 5 * WITHIN_MS)
afterAll(() => after?.stop(), 60_000)

test('at no time had a function two owners, or a pool more given out than it has', () => {
  expect(after.told.wrong).toEqual([])
})

test('every operation ended, most of them well, within three minutes', () => {
  const { succeeded = 0 } = after.ends
  const asked = Object.values(after.ends).reduce((sum, one) => sum + one, 0)
  process.stdout.write(`storm: ${told()}
`)

  expect(operationsOf(after).filter(({ state }) => !isTerminal(state))).toEqual([])
  expect(asked).toBeGreaterThanOrEqual(SIZE.operations)
  expect(succeeded / asked).toBeGreaterThanOrEqual(0.7)
  expect(tookMs).toBeLessThan(WITHIN_MS)
})

test('every change of a state was told', () => {
  const { read } = after.service.now().store

  expect(
    after.told.contradictions(
      read,
      after.hosts.map(({ id }) => id)
    )
  ).toEqual([])
})

test('nothing leaked: every machine is as it was found, and nothing is held', () => {
  const { store, workflows } = after.service.now()

  for (const { id, machine, found } of after.hosts) {
    expect(machine.snapshot(), machine.name).toEqual(found)
    const { controllers, virtualFunctions } = store.read.inventoryOf(id)
    const held = [...controllers, ...virtualFunctions].filter(
      (one) => workflows.changing(one.id) !== null
    )
    expect(held, machine.name).toEqual([])
    expect(store.read.standingAssignmentsOf(id), machine.name).toEqual([])
  }
})

test('every kind of trouble came, and restarts fell into running operations', () => {
  const happened = after.weather.happened()

  for (const kind of KINDS) expect(happened[kind] ?? 0, kind).toBeGreaterThanOrEqual(LEAST)
  expect(after.interrupted).toBeGreaterThanOrEqual(INTERRUPTED)
})

function told(): string {
  const { ends, weather, interrupted } = after
  return JSON.stringify({ tookMs, ends, happened: weather.happened(), interrupted })
}

/**
 * Many operations at once over hosts that fail, reboot and lose drives, and a service that is started again and again: nobody
 * gets what somebody else has, all comes to an end, all of it is told, and every machine is as it was found.
 */
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isTerminal } from '../../../src/saga/operation.ts'
import { crashSeed } from '../../support/crash-seed.ts'
import { historyOf } from './history.ts'
import { operationsOf, storm, type Storm, type StormSize } from './storm.ts'
import { KINDS } from './weather.ts'

export type Expected = {
  readonly size: StormSize
  /** What must have happened of each kind: some faults are armed where nothing comes by any more. */
  readonly ofEachKind: number
  /** Operations that ran when a restart fell into them. */
  readonly interrupted: number
  readonly withinMs: number
}

/** The tests of one storm, for a test file of its size. */
export function testsOfStorm({ size, ofEachKind, interrupted, withinMs }: Expected): void {
  let after: Storm
  let tookMs: number
  beforeAll(async () => {
    const begun = performance.now()
    after = await storm(size, crashSeed())
    tookMs = performance.now() - begun
    const { ends, weather } = after
    const told = {
      tookMs,
      ends,
      happened: weather.happened(),
      interrupted: after.interrupted,
    }
    process.stdout.write(`storm: ${JSON.stringify(told)}\n`)
  }, 5 * withinMs)
  afterAll(() => after?.stop(), 60_000)

  test('at no time had a function two owners, or a pool more given out than it has', () => {
    expect(after.told.wrong).toEqual([])
  })

  test('every operation ended, most of them well, in time', () => {
    const { succeeded = 0 } = after.ends
    const asked = Object.values(after.ends).reduce((sum, one) => sum + one, 0)

    expect(operationsOf(after).filter(({ state }) => !isTerminal(state))).toEqual([])
    expect(asked).toBeGreaterThanOrEqual(size.operations)
    expect(succeeded / asked).toBeGreaterThanOrEqual(0.7)
    expect(tookMs).toBeLessThan(withinMs)
  })

  test('every change of a state was told', () => {
    const { read } = after.service.now().store

    const hostIds = after.hosts.map(({ id }) => id)
    expect(after.told.contradictions(read, hostIds)).toEqual([])
  })

  test('nothing leaked: every machine is as it was found, and nothing is held', () => {
    const { store, workflows } = after.service.now()

    for (const { id, machine, found } of after.hosts) {
      const now = machine.snapshot()
      const why = isDeepStrictEqual(now, found) ? '' : historyOf(after, id)
      expect(now, `${machine.name}\n${why}`).toEqual(found)
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

    for (const kind of KINDS)
      expect(happened[kind] ?? 0, kind).toBeGreaterThanOrEqual(ofEachKind)
    expect(after.interrupted).toBeGreaterThanOrEqual(interrupted)
  })
}

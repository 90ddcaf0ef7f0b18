/**
 * Databases of versions before, with operations that they left half-done: this version migrates them, takes them over
 * and ends each as the rules of sagas say. Made by half-done/make.ts; what was left where is in half-done/cases.ts.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { MachineSnapshot } from '../../src/emulator/machine.ts'
import { isTerminal, type OperationRecord } from '../../src/saga/operation.ts'
import { openStore } from '../../src/store/open-store.ts'
import { fromSql } from './half-done/as-text.ts'
import { CASES, UNKNOWN, type Case } from './half-done/cases.ts'
import type { Ends } from './half-done/make.ts'
import { serviceOn, type Service } from './half-done/service.ts'
import { refusalsOf } from './trouble.ts'

/** By the newest migration that they have. */
const FIXTURES = ['half-done-at-0001', 'half-done-at-0007']

describe.for(FIXTURES)('%s', (fixture) => {
  const FIXTURE = path.resolve(import.meta.dirname, '../fixtures/databases', fixture)
  const ENDS = JSON.parse(readFileSync(path.join(FIXTURE, 'ends.json'), 'utf8')) as Ends

  let data: string
  let service: Service
  let left: readonly OperationRecord[]
  beforeAll(async () => {
    data = mkdtempSync(path.join(tmpdir(), 'nvirt-half-done-'))
    cpSync(path.join(FIXTURE, 'machines'), path.join(data, 'machines'), { recursive: true })
    const file = path.join(data, 'nvirt.db')
    fromSql(readFileSync(path.join(FIXTURE, 'nvirt.sql'), 'utf8'), file)
    const store = await openStore({ file })
    left = CASES.map(({ name }) => store.read.operation(null, idOf(name))!) // made with it
    await store.close()
    service = await serviceOn(data)
  }, 60_000)
  afterAll(async () => {
    await service.stop()
    rmSync(data, { recursive: true, force: true })
  }, 60_000)

  test('each workflow was left in every state that an operation can be left in', () => {
    const states = new Set(left.map(({ state }) => state))
    const workflows = new Set(left.map(({ workflow }) => workflow))

    expect(workflows.size).toBe(4)
    expect(states).toEqual(
      new Set(['waiting', 'running', 'blocked', 'undoing', 'stuck'] as const)
    )
    for (const [at, { name, left: as }] of CASES.entries()) {
      const { state, committed, steps } = left[at]!
      const step = steps.find((one) => as.step?.names.includes(one.name))
      expect({ state, committed, step: step?.state }, name).toEqual({
        state: as.state,
        committed: as.committed,
        step: as.step?.state,
      })
    }
  })

  test.for(CASES.map((one) => [one.name, one] as const))(
    'an operation that was left %s',
    async ([, one]) => {
      const operation = await service.until({ id: idOf(one.name) }, ({ state }) =>
        isTerminal(state)
      )

      expect(operation.state, JSON.stringify(operation.error)).toBe(one.end.state)
      if (operation.state !== 'succeeded') expect(operation.error).not.toBeNull()
      await othersOf(one)
      const now = driveOf(service.host(one.host).machine.snapshot(), one)
      const ends = { found: ENDS.found[one.host]!, goal: ENDS.goal[one.host]! } // of every host
      const { found, goal } = {
        found: driveOf(ends.found, one),
        goal: driveOf(ends.goal, one),
      }
      if (one.end.drive === 'half') expect(now).not.toEqual(goal)
      else expect(now).toEqual({ found, goal }[one.end.drive])
    }
  )

  test('the one that no code knows names the version that it needs, and hides nothing', () => {
    const { workflows, store } = service.composition
    const operation = workflows.operation(DEMO, idOf(UNKNOWN))
    const listed = workflows.operations(DEMO, {}, { after: null, limit: 100 }).items

    expect(operation.error?.message).toBe(
      'needs another nvirt: this one has no code for assign-function version 99'
    )
    expect(operation.steps.find(({ name }) => name === 'bind-vfio')?.state).toBe('running')
    for (const { name } of CASES) expect(listed.map(({ id }) => id)).toContain(idOf(name))
    const told = store.read
      .events(null, 0, 10_000)
      .filter(({ type }) => type === 'operation.stuck')
    expect(told.map(({ operationId }) => operationId)).toContain(operation.id)
  })

  test('those that were stuck are tried again: one gets to its goal, one back to what was found', async () => {
    const { workflows } = service.composition
    const stuck = CASES.filter(({ name, end }) => end.state === 'stuck' && name !== UNKNOWN)
    const ends: string[] = []
    for (const one of stuck) {
      await workflows.retry(DEMO, idOf(one.name))
      const { state, committed } = await service.until(
        { id: idOf(one.name) },
        (operation) => isTerminal(operation.state)
      )
      ends.push(state)
      const now = driveOf(service.host(one.host).machine.snapshot(), one)
      const found = committed ? ENDS.goal : ENDS.found
      expect(now, one.name).toEqual(driveOf(found[one.host]!, one)) // of every host
    }

    expect(ends.toSorted()).toEqual(['succeeded', 'undone'])
  })

  test('the one that no code knows is not tried, and says why not', async () => {
    const refusals = await refusalsOf(
      service.composition.workflows.retry(DEMO, idOf(UNKNOWN))
    )

    expect(refusals).toMatchObject([
      {
        check: 'unknown-version',
        reason: expect.stringContaining('assign-function version 99') as string,
      },
    ])
  })

  /** The operations on the same drive, which share its end. */
  async function othersOf(one: Case): Promise<void> {
    for (const other of CASES) {
      if (other.host !== one.host || other.drive !== one.drive) continue
      await service.until({ id: idOf(other.name) }, ({ state }) => isTerminal(state))
    }
  }

  function idOf(name: string): string {
    const id = ENDS.operations[name]
    if (id === undefined) throw new Error(`no operation was left ${name}`)
    return id
  }

  /** What a snapshot has of one drive. */
  function driveOf(
    { functions, primaries, attachments }: MachineSnapshot,
    { drive }: Case
  ): MachineSnapshot {
    const bus = drive.slice(0, '0000:01'.length)
    const serial = bus.endsWith('01') ? ':sub0' : ':PLAIN0'
    const of = <Value>(
      values: Readonly<Record<string, Value>>,
      has: (key: string) => boolean
    ) => Object.fromEntries(Object.entries(values).filter(([key]) => has(key)))
    return {
      functions: of(functions, (address) => address.startsWith(bus)),
      primaries: of(withoutFlexible(primaries), (address) => address.startsWith(bus)),
      attachments: of(attachments, (key) => key.includes(serial)),
    }
  }

  /** What the primary has of its own was not told yet when the ends were recorded, and nothing here changes it. */
  function withoutFlexible(
    primaries: MachineSnapshot['primaries']
  ): MachineSnapshot['primaries'] {
    const entries = Object.entries(primaries).map(([address, primary]) => {
      const { flexible: _, ...rest } = primary
      return [address, rest]
    })
    return Object.fromEntries(entries) as MachineSnapshot['primaries']
  }
})

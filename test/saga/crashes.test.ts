import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { OperationRecord } from '../../src/saga/operation.ts'
import { isUnderWay } from '../../src/saga/operation-run.ts'
import { isTerminal } from '../../src/saga/operation.ts'
import type { Bench } from './bench.ts'
import { bench, operation } from './bench.ts'
import type { Script } from './random-world.ts'
import { World, script, scriptedWorkflow } from './random-world.ts'

const LONGEST_S = 600

type Outcome = {
  readonly instants: number
  readonly world: World
  readonly b: Bench
  /** Two operations in one place at once, or a step of which the log knows nothing. */
  readonly violations: readonly string[]
  /** Whoever asked that the first of them be cancelled was answered that it will be. */
  readonly cancelled: boolean
}

/** The instants, of all, at which somebody asks for something. */
type Asked = {
  /** That the first operation be undone. */
  readonly cancelAt?: number
  /** That whatever is stuck be tried again, now that nothing fails any more. */
  readonly retryAt?: readonly number[]
}

test('whenever the process dies, every operation ends as done, undone or stuck with its reason', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(script, { minLength: 1, maxLength: 3 }), async (scripts) => {
      const { instants } = await runAll(scripts, [])
      for (let at = 0; at < instants; at++) judge(scripts, await runAll(scripts, [at]))
    }),
    { numRuns: 8, seed: seed() }
  )
}, 120_000)

test('processes that die again and again change nothing of that', async () => {
  const ends = new Set<string>()
  const deaths = fc.array(fc.nat({ max: 60 }), { minLength: 2, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(script, { minLength: 1, maxLength: 4 }),
      deaths,
      async (scripts, at) => {
        const outcome = await runAll(scripts, at)
        judge(scripts, outcome)
        for (const { state } of outcome.b.memory.operations.values()) ends.add(state)
      }
    ),
    { numRuns: 150, seed: seed() }
  )

  expect([...ends].toSorted(), 'each kind of end').toEqual(['stuck', 'succeeded', 'undone'])
}, 120_000)

test('what was cancelled is undone, whenever it was asked for and whenever the process dies', async () => {
  const heard = new Set<boolean>()
  const at = fc.nat({ max: 60 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(script, { minLength: 1, maxLength: 3 }),
      fc.array(at, { maxLength: 3 }),
      at,
      async (scripts, deaths, cancelAt) => {
        const outcome = await runAll(scripts, deaths, { cancelAt })
        judge(scripts, outcome)
        const { state, committed, cancelRequest } = outcome.b.memory.operations.get('o0')!
        heard.add(cancelRequest !== null)
        if (outcome.cancelled) expect(cancelRequest).not.toBeNull()
        if (cancelRequest)
          expect({ state, committed }).not.toMatchObject({ state: 'succeeded' })
        if (cancelRequest) expect(committed).toBe(false)
      }
    ),
    { numRuns: 200, seed: seed() }
  )

  expect(heard, 'some came in time, and some too late').toEqual(new Set([true, false]))
}, 120_000)

test('what was stuck and is tried again ends, and so do those that it meets', async () => {
  const ends = new Set<string>()
  const at = fc.nat({ max: 60 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(script, { minLength: 2, maxLength: 4 }),
      fc.array(at, { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat({ max: 200 }), { minLength: 20, maxLength: 40 }),
      async (scripts, deaths, retryAt) => {
        const outcome = await runAll(scripts, deaths, { retryAt })
        judge(scripts, outcome)
        for (const id of retriedIn(outcome.b))
          ends.add(outcome.b.memory.operations.get(id)?.state ?? '')
      }
    ),
    { numRuns: 300, seed: seed() }
  )

  expect([...ends].toSorted(), 'each kind of end').toEqual(['stuck', 'succeeded', 'undone'])
}, 120_000)

/** A new one each time, printed so that a failure can be run again with SAGA_SEED. */
function seed(): number {
  const chosen = Number(process.env['SAGA_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  process.stdout.write(`saga crashes: seed ${chosen}\n`)
  return chosen
}

/** @param deaths how many instants each process in turn lives for; the one after the last lives on */
async function runAll(
  scripts: readonly Script[],
  deaths: readonly number[],
  { cancelAt = Infinity, retryAt = [] }: Asked = {}
): Promise<Outcome> {
  const world = new World()
  const b = bench()
  const violations: string[] = []
  let instants = 0
  let cancelled = false
  for (let life = 0; ; life++) {
    const owner = { dead: false, passed: new Set<string>() }
    const workflows = scripts.map((one, n) => scriptedWorkflow(world, `w${n}`, one, owner))
    const { engine, kill } = b.boot(workflows, { takeOverAll: true })
    const lives = deaths[life] ?? Infinity
    let lived = 0
    const instant = () => {
      if (owner.dead) return
      if (retryAt.includes(instants))
        for (const id of idsOfStuck(b)) {
          world.mend(id)
          engine.retry(id, BY, []).catch(() => {}) // it has only just become so
        }
      if (instants++ === cancelAt)
        engine.cancel('o0', BY, []).then(
          () => (cancelled = true),
          () => {} // too early, or too late
        )
      if (lived++ < lives) return
      owner.dead = true
      kill()
    }
    world.instant = instant
    b.memory.around = instant
    world.begins = (id, step) => violations.push(...violationsOf(scripts, b, id, step))

    // Who asks for an operation whose creation was lost asks again. The order of the ids is not that of the starts.
    void engine.resume().then(() => {
      for (const n of [...scripts.keys()].toReversed()) {
        if (b.memory.operations.has(`o${n}`)) continue
        void engine.start(operation(`o${n}`, { workflow: `w${n}` }), [`o${n} requested`])
      }
    })
    if (await allEnded(scripts, b, owner))
      return { instants, world, b, violations, cancelled }
  }
}

const BY = { actor: 'somebody', at: '2026-01-01T00:00:00.000Z' }

function idsOfStuck({ memory }: Bench): readonly string[] {
  const stuck = [...memory.operations.values()].filter(({ state }) => state === 'stuck')
  return stuck.map(({ id }) => id)
}

function retriedIn({ memory }: Bench): ReadonlySet<string> {
  const retries = memory.entries.filter(({ retry }) => retry !== undefined)
  return new Set(retries.map(({ operationId }) => operationId))
}

async function allEnded(
  scripts: readonly Script[],
  { clock, memory }: Bench,
  owner: { readonly dead: boolean }
): Promise<boolean> {
  for (let seconds = 0; seconds < LONGEST_S && !owner.dead; seconds += 10) {
    await clock.advance(10_000)
    const ended = [...memory.operations.values()].filter(({ state }) => isTerminal(state))
    if (ended.length === scripts.length) return !owner.dead
  }
  expect(
    owner.dead,
    `all operations end: ${JSON.stringify([...memory.operations.values()])}`
  ).toBe(true)
  return false
}

/** Whoever begins must have said so, and nobody else be half-way with the same lock, or on the same function. */
function violationsOf(
  scripts: readonly Script[],
  b: Bench,
  id: string,
  step: number
): readonly string[] {
  const scriptOf = (operationId: string) => scripts[Number(operationId.slice(1))]!
  const mine = scriptOf(id)
  const intent = b.memory.operations.get(id)?.steps[step]?.state
  if (intent !== 'running' && intent !== 'undoing')
    return [`${id} begins ${step}: ${intent}`]
  const others = [...b.memory.operations.values()].filter(
    (other) => other.id !== id && !isTerminal(other.state) && isUnderWay(other)
  )
  return others.flatMap((other) => {
    const theirs = scriptOf(other.id)
    const halfWay = other.steps.flatMap(({ state }, index) =>
      state === 'running' || state === 'undoing' ? [theirs.steps[index]?.lock] : []
    )
    const lock = mine.steps[step]?.lock
    return [
      ...(theirs.functionLock === mine.functionLock
        ? [`${id} and ${other.id} both have ${mine.functionLock}`]
        : []),
      // The undos that a retry is to repeat are recorded as under way before each has its lock.
      ...(lock && !retriedIn(b).has(other.id) && halfWay.includes(lock)
        ? [`${id} and ${other.id} both have ${lock}`]
        : []),
    ]
  })
}

function judge(scripts: readonly Script[], { world, b, violations }: Outcome): void {
  expect(violations).toEqual([])
  expect(world.unguarded).toEqual([])
  const retried = retriedIn(b)
  for (const [n, one] of scripts.entries()) {
    const record = b.memory.operations.get(`o${n}`)!
    const made = one.steps.map((_, index) => madeBy(world, record.id, index))
    const written = b.memory.writes.filter((row) => row.startsWith(record.id))
    // Of one that is tried again, how it was stuck is history.
    const rows = retried.has(record.id) ? withoutFormerEnds(written) : written
    const about = JSON.stringify({ one, record, made, rows })

    expect(
      rows.filter((row) => row.endsWith('requested')),
      about
    ).toHaveLength(1)
    expect(
      rows.filter((row) => !row.includes('/') && row.endsWith(record.state)),
      about
    ).toHaveLength(1)
    expect(new Set(rows).size, `each row once: ${about}`).toBe(rows.length)
    expect(record.committed, about).toBe(world.ran.has(`${record.id}/${one.commitAt}`))
    if (record.committed) expect(world.undos, about).not.toContain(record.id)
    judgeEnd(one, record, made, about)
  }
}

function withoutFormerEnds(rows: readonly string[]): readonly string[] {
  const last = rows.findLastIndex((row) => !row.includes('/'))
  return rows.filter((row, at) => at >= last || !row.endsWith(' stuck'))
}

function judgeEnd(
  one: Script,
  record: OperationRecord,
  made: readonly number[],
  about: string
): void {
  const all = one.steps.map(({ writes }) => writes)
  switch (record.state) {
    case 'succeeded':
      expect(made, about).toEqual(all)
      return
    case 'undone':
      expect(made, about).toEqual(all.map(() => 0))
      expect(record.committed, about).toBe(false)
      return
    case 'stuck':
      expect(record.error, about).not.toBeNull()
      for (const [index, step] of record.steps.entries()) {
        if (step.state === 'done') expect(made[index], about).toBe(all[index])
        if (step.state === 'undone' || step.state === 'pending')
          expect(made[index], about).toBe(0)
        if (step.state === 'undo-failed') expect(step.error, about).not.toBeNull()
      }
      expect(
        record.committed || record.steps.some(({ state }) => state === 'undo-failed'),
        about
      ).toBe(true)
      return
    case 'waiting':
    case 'running':
    case 'blocked':
    case 'undoing':
      throw new Error(`not an end: ${about}`)
  }
}

function madeBy(world: World, id: string, index: number): number {
  return [...world.made].filter((key) => key.startsWith(`${id}/${index}/`)).length
}

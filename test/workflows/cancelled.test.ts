/**
 * Each workflow, cancelled at each of its commits, and while each of its kernel writes does not come back: before its commit
 * step the machine is as it was found, from it on the wish is refused and the operation gets to its goal.
 */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { ControlPlaneError, type Trouble } from '../../src/errors.ts'
import type { MachineSnapshot } from '../../src/emulator/machine.ts'
import type { Store } from '../../src/store/store.ts'
import type { OperationView } from '../../src/workflows/workflows.ts'
import { sampleAtSize } from '../support/test-size.ts'
import { CASES, cleanRun, type Case, type CleanRun } from './killed.ts'
import { memoryStore } from './memory-store.ts'
import { mortalStore, type MortalStore } from './mortal-store.ts'
import { makeWorld, type World } from './world.ts'

const WITHIN_MS = 120_000
const SHARE = 3
const SEED = Math.floor(Math.random() * SHARE)

type Asked = { answer?: OperationView; trouble?: Trouble }

test.for(Object.entries(CASES))(
  `%s, cancelled at any commit (seed ${SEED})`,
  { timeout: WITHIN_MS },
  async ([, one]) => {
    const clean = await cleanRun(one)
    const commits = Array.from({ length: clean.commits }, (_, at) => at + 1)
    const answers = new Set<string>()

    for (const at of sampleAtSize(commits, SEED, SHARE)) {
      const { world, operation, asked, found } = await cancelledAt(one, at)
      const end = await world.end(operation)
      await world.clock.advance(0) // the answer comes behind the end
      expectEnd(`cancelled at commit ${at}`, { world, end, asked, found, clean })
      answers.add(asked.trouble?.kind ?? 'accepted')
    }

    expect(answers).toContain('accepted')
  }
)

test.for(Object.entries(CASES))(
  `%s, whose process dies as soon as somebody was told that it is cancelled (seed ${SEED})`,
  { timeout: WITHIN_MS },
  async ([, one]) => {
    const clean = await cleanRun(one)
    const commits = Array.from({ length: clean.commits }, (_, at) => at + 1)

    for (const at of sampleAtSize(commits, SEED, SHARE)) {
      const run = await cancelledAt(one, at, (mortal) => (mortal.lives = mortal.commits))
      await run.world.clock.advance(60_000)
      const { asked, found } = run
      const next = await run.world.succeededBy(run.store)
      await next.workflows.resume()
      const end = await next.end(run.operation)
      expectEnd(`cancelled at commit ${at}`, { world: next, end, asked, found, clean })
    }
  }
)

test.for(
  Object.entries(CASES).flatMap(([name, one]) => [
    [name, 'with-effect', one] as const,
    [name, 'without-effect', one] as const,
  ])
)(
  '%s, cancelled while a kernel write does not come back, which ends %s',
  { timeout: WITHIN_MS },
  async ([, hanging, one]) => {
    const clean = await cleanRun(one)

    for (const nth of sampleAtSize([...clean.writes.keys()], SEED, SHARE)) {
      const world = await makeWorld(memoryStore())
      await one.prepare(world)
      const found = world.machine.snapshot()
      const { id } = world.machine.faults.arm({
        match: { control: true },
        skip: nth,
        times: 1,
        kind: { fault: 'never-returns' },
      })
      const operation = await one.start(world)
      await world.until(operation, (state) => state === 'blocked')
      const written = world.machine.transcript.length
      const asked: Asked = {}
      await ask(world, operation, asked)
      await world.clock.advance(10_000)

      const what = `at write ${nth}`
      const shown = world.workflows.operation(DEMO, operation.id)
      expect(shown.state, what).toBe('blocked')
      expect(world.machine.transcript, `${what}: writes while blocked`).toHaveLength(
        written
      )
      if (asked.answer) {
        expect(shown.cancelRequest, what).toMatchObject({
          actor: DEMO.actor,
          waitsFor: 'blocked-call',
        })
      }
      world.machine.faults.takeBack(id, hanging)
      const end = await world.end(operation)
      expectEnd(what, { world, end, asked, found, clean })
    }
  }
)

type Run = {
  readonly world: World
  readonly store: Store
  readonly operation: OperationView
  readonly asked: Asked
  readonly found: MachineSnapshot
}

/** @param answered called when it is accepted, before anybody does anything about it */
async function cancelledAt(
  one: Case,
  at: number,
  answered: (mortal: MortalStore) => void = () => {}
): Promise<Run> {
  const store = memoryStore()
  const mortal = mortalStore(store)
  let left = Infinity
  let cancel = () => {}
  const counting: Store = {
    ...mortal,
    commit: async (writes) => {
      if (--left === 0) cancel()
      return mortal.commit(writes)
    },
  }
  const world = await makeWorld(counting)
  await one.prepare(world)
  const found = world.machine.snapshot()
  const asked: Asked = {}
  left = at
  // The commit that starts it is the first: before that there is nothing to cancel.
  let isDue = false
  let started: OperationView | undefined
  const go = () => {
    if (started && isDue)
      void ask(world, started, asked).then(() => {
        if (asked.answer) answered(mortal)
      })
  }
  cancel = () => {
    isDue = true
    go()
  }
  started = await one.start(world)
  go()
  return { world, store, operation: started, asked, found }
}

async function ask({ workflows }: World, { id }: OperationView, asked: Asked) {
  try {
    asked.answer = await workflows.cancel(DEMO, id)
  } catch (error) {
    if (!(error instanceof ControlPlaneError)) throw error
    asked.trouble = error.trouble
  }
}

function expectEnd(
  what: string,
  {
    world,
    end,
    asked,
    found,
    clean,
  }: Pick<Run, 'world' | 'asked' | 'found'> & {
    readonly end: OperationView
    readonly clean: CleanRun
  }
): void {
  const machine = world.machine.snapshot()
  if (asked.answer) {
    expect(end, what).toMatchObject({ state: 'undone', committed: false })
    expect(end.cancelRequest, what).toMatchObject({ actor: DEMO.actor, waitsFor: null })
    expect(machine, what).toEqual(found)
    return
  }
  expect(asked.trouble, what).toMatchObject({
    kind: 'wrong-state',
    resource: 'operation',
    allowedFrom: ['waiting', 'running', 'blocked'],
  })
  expect(end.state, what).toBe('succeeded')
  expect(machine, what).toEqual(clean.goal)
}

import { expect, test } from 'vitest'
import type { LogEntry } from '../../src/saga/log.ts'
import type { Json, StepContext } from '../../src/saga/workflow.ts'
import type { Bench } from './bench.ts'
import { bench, operation, step, workflow } from './bench.ts'

test('the steps run in order, and their rows are written with their records', async () => {
  const { memory, boot, end } = bench()
  const said: string[] = []
  const { engine } = boot([workflow([step('a', said), step('b', said)])])

  const started = await engine.start(operation('o1'), ['requested'])
  const ended = await end('o1')

  expect(started).toMatchObject({ state: 'running', fence: 1, owner: 'process-1' })
  expect(ended).toMatchObject({ state: 'succeeded', error: null })
  expect(said).toEqual(['+a', '+b'])
  expect(memory.writes).toEqual(['requested', 'row of a', 'row of b', 'o1 succeeded'])
})

test('the intent of a step is durable before the step runs', async () => {
  const { memory, boot, end } = bench()
  const seen: (string | undefined)[] = []
  const look = step('a', [], {
    run: async () => {
      seen.push(memory.operations.get('o1')?.steps[0]?.state)
      return { result: 'done' }
    },
  })

  await boot([workflow([look])]).engine.start(operation('o1'), [])
  await end('o1')

  expect(seen).toEqual(['running'])
})

test('a step sees the logged outputs of those before it, and its undo its own', async () => {
  const { boot, end } = bench()
  const contexts: StepContext[] = []
  const b = step('b', [], {
    undo: async (context) => {
      contexts.push(context)
      return { result: 'done' }
    },
  })
  const c = step('c', [], { fails: () => true, undo: b.undo! })

  await boot([workflow([step('a', []), b, c])]).engine.start(operation('o1'), [])
  await end('o1')

  const outputsOf = (name: string): Json | undefined =>
    contexts.find((context) => context.step === name)?.outputs
  expect(outputsOf('c')).toEqual({ a: 'output of a', b: 'output of b' })
  expect(outputsOf('b')).toEqual({ a: 'output of a', b: 'output of b' })
})

test('before the commit step a failure is undone, the failed step first', async () => {
  const { memory, boot, end } = bench()
  const said: string[] = []
  const b = step('b', said, { fails: () => true })
  const { engine } = boot([
    workflow([step('a', said), b, step('c', said, { commit: true })]),
  ])

  await engine.start(operation('o1'), [])
  const ended = await end('o1')

  expect(said).toEqual(['+a', '+b', '-b', '-a'])
  expect(ended.state).toBe('undone')
  expect(ended.error).toEqual({ step: 'b', message: 'b failed', causes: [], detail: null })
  expect(ended.steps.map(({ state }) => state)).toEqual(['undone', 'undone', 'pending'])
  expect(memory.writes).toEqual(['row of a', 'o1 undone'])
})

test('from the commit step on a failure is tried again, after longer and longer waits', async () => {
  const { boot, end, clock } = bench()
  const said: string[] = []
  const times: number[] = []
  const commit = step('b', said, {
    commit: true,
    fails: () => times.push(clock.monotonicMs()) < 4,
  })
  const { engine } = boot([workflow([step('a', said), commit, step('c', said)])])

  await engine.start(operation('o1'), [])
  const ended = await end('o1')

  expect(said).toEqual(['+a', '+b', '+b', '+b', '+b', '+c'])
  expect(times.map((at) => at - times[0]!)).toEqual([0, 200, 600, 1400])
  expect(ended).toMatchObject({ state: 'succeeded', committed: true, error: null })
  expect(ended.steps[1]).toMatchObject({ attempts: 4, error: null })
})

test('a step that goes on failing after the commit step leaves the operation stuck, nothing undone', async () => {
  const { memory, boot, end } = bench()
  const said: string[] = []
  const c = step('c', said, { fails: () => true })
  const { engine } = boot([
    workflow([step('a', said), step('b', said, { commit: true }), c]),
  ])

  await engine.start(operation('o1'), [])
  const ended = await end('o1')

  expect(said).toEqual(['+a', '+b', '+c', '+c', '+c', '+c', '+c'])
  expect(ended).toMatchObject({ state: 'stuck', error: { step: 'c', message: 'c failed' } })
  expect(ended.steps.map(({ state }) => state)).toEqual(['done', 'done', 'failed'])
  expect(memory.writes.at(-1)).toBe('o1 stuck')
})

test('an undo that fails for a while is tried again', async () => {
  const { boot, end } = bench()
  let failures = 0
  const said: string[] = []
  const a = step('a', said, {
    undo: async () => {
      said.push('-a')
      if (++failures < 3) throw new Error('not yet')
      return { result: 'done' }
    },
  })
  const { engine } = boot([workflow([a, step('b', said, { fails: () => true })])])

  await engine.start(operation('o1'), [])
  const ended = await end('o1')

  expect(said).toEqual(['+a', '+b', '-b', '-a', '-a', '-a'])
  expect(ended.state).toBe('undone')
})

test('an undo that fails for good leaves the operation stuck, and everything else undone', async () => {
  const { memory, boot, end } = bench()
  const said: string[] = []
  const b = step('b', said, {
    undo: async () => {
      throw new Error('will not go back')
    },
  })
  const c = step('c', said, { fails: () => true })
  const { engine } = boot([workflow([step('a', said), b, c])])

  await engine.start(operation('o1'), [])
  const ended = await end('o1')

  expect(said).toEqual(['+a', '+b', '+c', '-c', '-a'])
  expect(ended.state).toBe('stuck')
  expect(ended.steps.map(({ state }) => state)).toEqual(['undone', 'undo-failed', 'undone'])
  expect(ended.steps[1]?.error?.message).toBe('will not go back')
  expect(ended.error?.message).toContain('b')
  expect(ended.error?.causes).toEqual(['c failed'])
  expect(memory.writes.at(-1)).toBe('o1 stuck')
})

test('rows that the log refuses are a failure of their step', async () => {
  const { memory, boot, end } = bench()
  const said: string[] = []
  memory.around = (when, _, writes) => {
    if (when === 'before' && writes.includes('row of b')) throw new Error('no such row')
  }

  await boot([workflow([step('a', said), step('b', said)])]).engine.start(
    operation('o1'),
    []
  )
  const ended = await end('o1')

  expect(said).toEqual(['+a', '+b', '-b', '-a'])
  expect(ended).toMatchObject({
    state: 'undone',
    error: { step: 'b', message: 'no such row' },
  })
})

test('an end whose rows are refused is no success', async () => {
  const { memory, boot, end } = bench()
  const said: string[] = []
  memory.around = (when, _, writes) => {
    if (when === 'before' && writes.includes('o1 succeeded')) throw new Error('no such row')
  }

  await boot([workflow([step('a', said)])]).engine.start(operation('o1'), [])
  const ended = await end('o1')

  expect(said).toEqual(['+a', '-a'])
  expect(ended.state).toBe('undone')
})

/** The log takes nothing for 20 s, from the first entry that it is told of here. */
function awayFrom(
  { memory, clock }: Bench,
  isFirst: (entry: LogEntry | undefined, writes: readonly string[]) => boolean
): void {
  let sinceMs: number | undefined
  memory.around = (when, entry, writes) => {
    if (when === 'after') return
    if (isFirst(entry, writes)) sinceMs ??= clock.monotonicMs()
    if (sinceMs !== undefined && clock.monotonicMs() < sinceMs + 20_000)
      throw new Error('disk full')
  }
}

test.for([
  ['undone', { fails: (): boolean => true }],
  ['stuck', { fails: (): boolean => true, commit: true }],
] as const)(
  'a log that takes nothing for a while takes neither its rows nor its reason from what ends %s',
  async ([state, set]) => {
    const b = bench()
    awayFrom(b, (entry) => entry?.state === state)

    await b.boot([workflow([step('a', [], set)])]).engine.start(operation('o1'), [])
    const ended = await b.end('o1')

    expect(b.clock.monotonicMs()).toBeGreaterThan(20_000)
    expect(ended).toMatchObject({ state, error: { step: 'a', message: 'a failed' } })
    expect(b.memory.writes).toEqual([`o1 ${state}`])
  }
)

test.for([
  ['its end', (entry: LogEntry | undefined) => entry?.state === 'succeeded'],
  ['a step', (_: unknown, writes: readonly string[]) => writes.includes('row of a')],
] as const)(
  'a log that takes nothing for a while, as %s is to be recorded, is no failure of it',
  async ([, isFirst]) => {
    const b = bench()
    const said: string[] = []
    awayFrom(b, isFirst)

    const workflows = [workflow([step('a', said), step('b', said)])]
    await b.boot(workflows).engine.start(operation('o1'), [])
    const ended = await b.end('o1')

    expect(b.clock.monotonicMs()).toBeGreaterThan(20_000)
    expect(ended).toMatchObject({ state: 'succeeded', error: null })
    expect(said).toEqual(['+a', '+b'])
    expect(b.memory.writes).toEqual(['row of a', 'row of b', 'o1 succeeded'])
  }
)

test.for([
  { what: 'whose guard is asked first', guard: true },
  { what: 'intended with the one before it', guard: false },
])('no step ($what) runs while its intent cannot be recorded', async ({ guard }) => {
  const { memory, boot, clock, end } = bench()
  const said: string[] = []
  let full = true
  memory.around = (when, entry) => {
    if (full && entry && when === 'before') throw new Error('disk full')
  }
  const passing = () => Promise.resolve({ result: 'passed' } as const)
  const first = { name: 'first', run: () => Promise.resolve({ result: 'done' } as const) }
  const last = step('a', said, guard ? { guard: passing } : {})

  await boot([workflow([first, last])]).engine.start(operation('o1'), [])
  await clock.advance(20_000)
  const saidWhileFull = [...said]
  full = false
  const ended = await end('o1')

  expect(saidWhileFull).toEqual([])
  expect(said).toEqual(['+a'])
  expect(ended.state).toBe('succeeded')
})

test('starting what no code knows is a bug, and leaves nothing', async () => {
  const { memory, boot } = bench()
  const { engine } = boot([])

  await expect(engine.start(operation('o1'), ['row'])).rejects.toThrow('no workflow test')
  expect(memory.operations.size).toBe(0)
})

test('an operation that the log refuses to create frees its locks', async () => {
  const { memory, boot, end } = bench()
  const { engine } = boot([workflow([step('a', [])], { locks: () => ['function:1'] })])
  memory.around = (_, entry) => {
    if (entry === undefined && memory.operations.size === 0) throw new Error('key taken')
  }

  const refused = engine.start(operation('o1'), [])
  await expect(refused).rejects.toThrow('key taken')
  memory.around = () => {}
  const second = await engine.start(operation('o2'), [])
  await end('o2')

  expect(second.waitsFor).toEqual([])
  expect(engine.running()).toEqual([])
})

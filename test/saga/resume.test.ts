import { expect, test } from 'vitest'
import type { Step } from '../../src/saga/workflow.ts'
import { bench, hangsOnce, operation, step, workflow } from './bench.ts'
import { never } from './memory-log.ts'

test('the next process runs the interrupted step again, and those after it', async () => {
  const { boot, clock, end } = bench()
  const said: string[] = []
  const workflows = [workflow([step('a', said), hangsOnce('b', said), step('c', said)])]
  const first = boot(workflows)
  await first.engine.start(operation('o1'), [])
  await clock.advance(1_000)
  first.kill()

  const second = boot(workflows, { takeOverAll: true })
  const taken = await second.engine.resume()
  const ended = await end('o1')

  expect(taken).toEqual(['o1'])
  expect(said).toEqual(['+a', '+b', '+b', '+c'])
  expect(ended).toMatchObject({ state: 'succeeded', owner: 'process-2', fence: 2 })
  expect(ended.steps[1]?.attempts).toBe(2)
})

test('an undo that was interrupted is run again, and goes on', async () => {
  const { boot, clock, end } = bench()
  const said: string[] = []
  let undos = 0
  const b = step('b', said, {
    undo: async () => {
      said.push('-b')
      return ++undos === 1 ? never() : { result: 'done' }
    },
  })
  const workflows = [workflow([step('a', said), b, step('c', said, { fails: () => true })])]
  const first = boot(workflows)
  await first.engine.start(operation('o1'), [])
  await clock.advance(1_000)
  first.kill()

  await boot(workflows, { takeOverAll: true }).engine.resume()
  const ended = await end('o1')

  expect(said).toEqual(['+a', '+b', '+c', '-c', '-b', '-b', '-a'])
  expect(ended).toMatchObject({ state: 'undone', error: { step: 'c' } })
})

test('an operation that was committed goes forward after a restart, whatever fails', async () => {
  const { boot, clock, end } = bench()
  const said: string[] = []
  let restarted = false
  const b = hangsOnce('b', said, { commit: true })
  const c = step('c', said, {
    fails: () => restarted && said.filter((s) => s === '+c').length < 3,
  })
  const workflows = [workflow([step('a', said), b, c])]
  const first = boot(workflows)
  await first.engine.start(operation('o1'), [])
  await clock.advance(1_000)
  first.kill()

  restarted = true
  await boot(workflows, { takeOverAll: true }).engine.resume()
  const ended = await end('o1')

  expect(said).toEqual(['+a', '+b', '+b', '+c', '+c', '+c'])
  expect(ended.state).toBe('succeeded')
})

test('an operation whose owner may be alive is left alone until its lease has run out', async () => {
  const { memory, boot, clock, end } = bench()
  const said: string[] = []
  const workflows = [workflow([hangsOnce('a', said)])]
  const first = boot(workflows, { leaseMs: 30_000 })
  await first.engine.start(operation('o1'), [])
  await clock.advance(5_000)
  first.kill()

  const second = boot(workflows, { leaseMs: 30_000 })
  const taken = await second.engine.resume()
  await clock.advance(24_000)
  const ownerBefore = memory.operations.get('o1')?.owner
  await end('o1')

  expect(taken).toEqual([])
  expect(ownerBefore).toBe('process-1')
  expect(memory.operations.get('o1')).toMatchObject({
    state: 'succeeded',
    owner: 'process-2',
  })
})

test('a living owner keeps its lease', async () => {
  const { memory, boot, clock } = bench()
  const workflows = [workflow([hangsOnce('a', [])])]
  const first = boot(workflows, { leaseMs: 30_000 })
  await first.engine.start(operation('o1'), [])
  const { updatedAt } = memory.operations.get('o1')!

  await clock.advance(120_000)
  const taken = await boot(workflows).engine.resume()

  expect(taken).toEqual([])
  expect(memory.operations.get('o1')).toMatchObject({ owner: 'process-1', updatedAt })
})

test('a former owner that comes back writes nothing and runs nothing more', async () => {
  const { memory, boot, clock, end } = bench()
  const said: string[] = []
  let wake = () => {}
  const a = step('a', said, {
    run: async ({ fence }) => {
      said.push(`+a by fence ${fence}`)
      if (fence === 1) await new Promise<void>((resolve) => (wake = resolve))
      return { result: 'done', writes: [`row by fence ${fence}`] }
    },
  })
  const workflows = [workflow([a, step('b', said)])]
  const first = boot(workflows)
  await first.engine.start(operation('o1'), [])
  await clock.advance(1_000)

  await boot(workflows, { takeOverAll: true }).engine.resume()
  await end('o1')
  wake()
  await clock.advance(60_000)

  expect(said).toEqual(['+a by fence 1', '+a by fence 2', '+b'])
  expect(memory.writes).not.toContain('row by fence 1')
  expect(first.engine.running()).toEqual([])
})

test.for([
  ['of the operation', { locks: () => ['function:1'] }, {}],
  ['of the step', {}, { locks: ['primary:1'] }],
] as const)(
  'who was half-way gets the locks %s before who was only waiting',
  async ([, ofOperation, ofStep]) => {
    const { memory, boot, clock, end } = bench()
    const said: string[] = []
    const first: Step<string> = { name: 'first', run: async () => ({ result: 'done' }) }
    const second: Step<string> = {
      name: 'second',
      ...ofStep,
      run: async ({ operationId, fence }) => {
        said.push(`${operationId} by fence ${fence}`)
        return operationId === 'o2' && fence === 1 ? never() : { result: 'done' }
      },
    }
    const workflows = [workflow([first, second], ofOperation)]
    const before = boot(workflows)
    // The order of the ids is not that of the starts: o2 has the lock.
    await before.engine.start(operation('o2'), [])
    await before.engine.start(operation('o1'), [])
    await clock.advance(1_000)
    before.kill()

    await boot(workflows, { takeOverAll: true }).engine.resume()
    await end('o1')
    await end('o2')

    expect(memory.operations.get('o1')?.state).toBe('succeeded')
    expect(said).toEqual(['o2 by fence 1', 'o2 by fence 2', 'o1 by fence 2'])
  }
)

test.for([
  ['a version that no code knows', { version: 2 }],
  ['a name that no code knows', { name: 'another' }],
  ['other steps than were logged', { steps: () => [step('x', [])] }],
] as const)('%s is stuck, and nothing is run', async ([, change]) => {
  const { memory, boot, clock, end } = bench()
  const said: string[] = []
  const before = workflow([hangsOnce('a', said)])
  const first = boot([before])
  await first.engine.start(operation('o1'), [])
  await clock.advance(1_000)
  first.kill()

  await boot([{ ...before, ...change }], { takeOverAll: true }).engine.resume()
  const ended = await end('o1')

  expect(ended.state).toBe('stuck')
  expect(ended.error?.message).toBe(
    'needs another nvirt: this one has no code for test version 1'
  )
  expect(said).toEqual(['+a'])
  expect(memory.writes).toEqual([])
})

test('an older version is resumed by its own code, and the newest is started', async () => {
  const { boot, clock, end } = bench()
  const said: string[] = []
  const one = workflow([hangsOnce('old', said)], { version: 1 })
  const two = workflow([step('new', said)], { version: 2 })
  const first = boot([one])
  await first.engine.start(operation('o1'), [])
  await clock.advance(1_000)
  first.kill()

  const { engine } = boot([one, two], { takeOverAll: true })
  await engine.resume()
  await end('o1')
  const started = await engine.start(operation('o2'), [])
  await end('o2')

  expect(said).toEqual(['+old', '+old', '+new'])
  expect(started.version).toBe(2)
})

test('a stopped engine finishes the step in flight, begins no other, and the next goes on', async () => {
  const { memory, boot, clock, end } = bench()
  const said: string[] = []
  let finish = () => {}
  const a = step('a', said, {
    run: async () => {
      said.push('+a')
      await new Promise<void>((resolve) => (finish = resolve))
      return { result: 'done' }
    },
  })
  const workflows = [workflow([a, step('b', said)])]
  const first = boot(workflows)
  await first.engine.start(operation('o1'), [])
  await clock.advance(1_000)

  const stopped = first.engine.stop()
  finish()
  await stopped
  const left = memory.operations.get('o1')
  await boot(workflows, { takeOverAll: true }).engine.resume()
  await end('o1')

  expect(left).toMatchObject({
    state: 'running',
    steps: [{ state: 'done' }, { state: 'pending' }],
  })
  expect(said).toEqual(['+a', '+b'])
})

test('stopping waits neither for a blocked step nor for its answer', async () => {
  const { memory, boot, clock } = bench()
  const entries = () => memory.entries.length
  let asked = 0
  let answer: (result: { result: 'done' }) => void = () => {}
  const a = step('a', [], {
    run: () =>
      ++asked === 1
        ? Promise.resolve({ result: 'blocked', report: 'held' })
        : new Promise((resolve) => (answer = resolve)),
  })
  const { engine } = boot([workflow([a])])
  await engine.start(operation('o1'), [])
  await clock.advance(1_000)

  await engine.stop()
  const before = entries()
  answer({ result: 'done' })
  await clock.advance(1_000)

  expect(asked).toBe(2)
  expect(entries()).toBe(before)
  expect(memory.operations.get('o1')).toMatchObject({ state: 'blocked', blocked: 'held' })
})

test('whoever waits is answered when the engine stops', async () => {
  const { boot, clock } = bench()
  const { engine } = boot([
    workflow([step('a', [], { run: async () => ({ result: 'blocked', report: null }) })]),
  ])
  await engine.start(operation('o1'), [])
  await clock.advance(100)

  const waiting = engine.wait('o1', 60_000)
  await engine.stop()

  expect((await waiting)?.state).toBe('blocked')
  await expect(engine.start(operation('o2'), [])).rejects.toThrow('stopped')
})

import { expect, test } from 'vitest'
import { NotNow } from '../../src/saga/log.ts'
import { bench, operation, step, workflow } from './bench.ts'
import { never } from './memory-log.ts'

const BY = { actor: 'somebody', at: '2026-01-01T00:00:00.000Z' }

/** A step that says when it runs, and runs until it is told to end. */
function long(name: string, said: string[]) {
  let end = () => {}
  const ended = new Promise<void>((resolve) => (end = resolve))
  const run = async () => {
    said.push(`+${name}`)
    await ended
    return { result: 'done', writes: [`row of ${name}`] } as const
  }
  return { step: step(name, said, { run }), end }
}

test('a step that runs is let end, what it did is undone with the rest, and nothing more is begun', async () => {
  const { memory, boot, clock, end } = bench()
  const said: string[] = []
  const b = long('b', said)
  const { engine } = boot([workflow([step('a', said), b.step, step('c', said)])])
  await engine.start(operation('o1'), [])
  await clock.advance(100)

  const answered = await engine.cancel('o1', BY, ['row of the wish'])
  await clock.advance(5_000)
  const meanwhile = [...said]
  b.end()
  const ended = await end('o1')

  expect(answered).toMatchObject({ state: 'running', cancelRequest: BY, error: null })
  expect(meanwhile).toEqual(['+a', '+b'])
  expect(said).toEqual(['+a', '+b', '-b', '-a'])
  expect(ended).toMatchObject({
    state: 'undone',
    committed: false,
    error: {
      step: 'c',
      message: 'cancelled by somebody',
      detail: { kind: 'cancelled', ...BY },
    },
  })
  expect(memory.writes).toContain('row of the wish')
  expect(memory.writes).toContain('o1 undone')
})

test('a step that fails meanwhile is what it failed of', async () => {
  const { boot, clock, end } = bench()
  let fail = () => {}
  const failing = new Promise<never>(
    (_, reject) => (fail = () => reject(new Error('broken')))
  )
  const { engine } = boot([workflow([step('a', [], { run: () => failing })])])
  await engine.start(operation('o1'), [])
  await clock.advance(100)

  await engine.cancel('o1', BY, [])
  fail()

  expect(await end('o1')).toMatchObject({ state: 'undone', error: { message: 'broken' } })
})

test('one that waits for the locks of another leaves the line at once, and who comes after it moves up', async () => {
  const { boot, clock, end } = bench()
  const said: string[] = []
  const first = long('first', said)
  const named = (name: string, steps: Parameters<typeof workflow>[0]) =>
    workflow(steps, { name, locks: () => ['function:1'] })
  const { engine } = boot([
    named('first', [first.step]),
    named('second', [step('second', said)]),
    named('third', [step('third', said)]),
  ])
  for (const name of ['first', 'second', 'third'])
    await engine.start(operation(name, { workflow: name }), [])
  await clock.advance(100)

  await engine.cancel('second', BY, [])
  await clock.advance(100)
  const left = await engine.get('second')
  first.end()
  await end('third')

  expect(left).toMatchObject({ state: 'undone', waitsFor: [] })
  expect(said).toEqual(['+first', '+third'])
})

test('one that waits for the locks of a step leaves it, and undoes those before', async () => {
  const { boot, clock, end } = bench()
  const said: string[] = []
  const first = long('first', said)
  const { engine } = boot([
    workflow([{ ...first.step, locks: ['primary:1'] }], { name: 'first' }),
    workflow([step('a', said), step('b', said, { locks: ['primary:1'] })]),
  ])
  await engine.start(operation('o0', { workflow: 'first' }), [])
  await clock.advance(100)
  await engine.start(operation('o1'), [])
  await clock.advance(100)
  const before = await engine.get('o1')

  await engine.cancel('o1', BY, [])
  const ended = await end('o1')

  expect(before).toMatchObject({ state: 'waiting', waitsFor: ['o0'] })
  expect(ended.state).toBe('undone')
  expect(said).toEqual(['+first', '+a', '-a'])
  first.end()
  await end('o0')
})

test('one that is blocked is left at once, and its undo is blocked until the world has moved', async () => {
  const { memory, boot, clock, end } = bench()
  const said: string[] = []
  let isHeld = true
  const asked = (word: string) => {
    said.push(word)
    return Promise.resolve(
      isHeld
        ? ({ result: 'blocked', report: 'held' } as const)
        : ({ result: 'done' } as const)
    )
  }
  const b = step('b', said, { run: () => asked('+b'), undo: () => asked('-b') })
  const { engine } = boot([workflow([step('a', said), b])])
  await engine.start(operation('o1'), [])
  await clock.advance(400)

  await engine.cancel('o1', BY, [])
  await clock.advance(600)
  const shown = memory.operations.get('o1')
  isHeld = false
  const ended = await end('o1')

  expect(shown).toMatchObject({
    state: 'blocked',
    blocked: 'held',
    error: { message: 'cancelled by somebody' },
    steps: [{ state: 'done' }, { state: 'undoing' }],
  })
  expect(said).toEqual(['+a', '+b', '-b', '-b', '-b', '-a'])
  expect(ended).toMatchObject({ state: 'undone', blocked: null })
})

test('a step whose guard is blocked has not begun, so there is nothing of it to undo', async () => {
  const { boot, clock, end } = bench()
  const said: string[] = []
  const guard = async () => ({ result: 'blocked', report: 'used' }) as const
  const { engine } = boot([workflow([step('a', said), step('b', said, { guard })])])
  await engine.start(operation('o1'), [])
  await clock.advance(400)

  await engine.cancel('o1', BY, [])

  expect(await end('o1')).toMatchObject({
    state: 'undone',
    steps: [{ state: 'undone' }, { state: 'pending' }],
  })
  expect(said).toEqual(['+a', '-a'])
})

test('from its commit step on it is refused, and goes on', async () => {
  const { memory, boot, clock, end } = bench()
  const said: string[] = []
  const b = long('b', said)
  const { engine } = boot([
    workflow([step('a', said), { ...b.step, commit: true }, step('c', said)]),
  ])
  await engine.start(operation('o1'), [])
  await clock.advance(100)

  const refused = engine.cancel('o1', BY, ['row of the wish'])

  await expect(refused).rejects.toBeInstanceOf(NotNow)
  b.end()
  expect(await end('o1')).toMatchObject({ state: 'succeeded', cancelRequest: null })
  expect(memory.writes).not.toContain('row of the wish')
  await expect(engine.cancel('o1', BY, [])).rejects.toBeInstanceOf(NotNow)
  await expect(engine.cancel('nobody', BY, [])).rejects.toBeInstanceOf(NotNow)
})

test.for([
  ['a commit step', { committed: true }],
  ['the end', { state: 'succeeded' }],
] as const)('a wish that is durable just before %s counts', async ([, at]) => {
  const { memory, boot, end } = bench()
  const said: string[] = []
  const commit = 'committed' in at
  const { engine } = boot([workflow([step('a', said), step('b', said, { commit })])])
  let isAsked = false
  memory.around = (when, entry) => {
    const isNow = Object.entries(at).every(
      ([field, value]) => entry?.[field as keyof typeof entry] === value
    )
    if (!entry || !isNow || when === 'after' || isAsked) return
    isAsked = true
    void engine.cancel('o1', BY, [])
  }

  await engine.start(operation('o1'), [])
  const ended = await end('o1')

  expect(ended).toMatchObject({ state: 'undone', committed: false, cancelRequest: BY })
  expect(said).toEqual(commit ? ['+a', '-a'] : ['+a', '+b', '-b', '-a'])
})

test('the process dies after the answer: the next one undoes the operation', async () => {
  const { boot, clock, end } = bench()
  const said: string[] = []
  const b = step('b', said, {
    run: () => {
      said.push('+b')
      return never()
    },
  })
  const workflows = [workflow([step('a', said), b])]
  const first = boot(workflows)
  await first.engine.start(operation('o1'), [])
  await clock.advance(100)
  await first.engine.cancel('o1', BY, [])
  first.kill()

  await boot(workflows, { takeOverAll: true }).engine.resume()

  expect(await end('o1')).toMatchObject({
    state: 'undone',
    error: { message: 'cancelled by somebody' },
  })
  expect(said).toEqual(['+a', '+b', '-b', '-a'])
})

test('an operation of a process that is not this one is cancelled through the log', async () => {
  const { boot, clock, end } = bench()
  const said: string[] = []
  const a = long('a', said)
  const first = boot([workflow([a.step, step('b', said, { commit: true })])])
  await first.engine.start(operation('o1'), [])
  await clock.advance(100)

  await boot([]).engine.cancel('o1', BY, [])
  a.end()

  expect(await end('o1')).toMatchObject({ state: 'undone', owner: 'process-1' })
  expect(said).toEqual(['+a', '-a'])
})

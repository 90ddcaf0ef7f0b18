import { expect, test } from 'vitest'
import { createEngine } from '../../src/saga/run-engine.ts'
import { bench, operation, step, workflow } from './bench.ts'

test('waiting ends with the operation, or with its time', async () => {
  const { boot, clock } = bench()
  let held = true
  const a = step('a', [], {
    run: async () => (held ? { result: 'blocked', report: null } : { result: 'done' }),
  })
  const { engine } = boot([workflow([a])])
  await engine.start(operation('o1'), [])

  const short = engine.wait('o1', 1_000)
  await clock.advance(1_000)
  const long = engine.wait('o1', 60_000)
  held = false
  await clock.advance(1_000)

  expect((await short)?.state).toBe('blocked')
  expect((await long)?.state).toBe('succeeded')
  expect((await engine.wait('o1', 60_000))?.state).toBe('succeeded')
  expect(await engine.wait('nobody', 60_000)).toBeUndefined()
})

test('all who wait for one operation are answered, each in its own time', async () => {
  const { boot, clock, end } = bench()
  let held = true
  const a = step('a', [], {
    run: async () => (held ? { result: 'blocked', report: null } : { result: 'done' }),
  })
  const { engine } = boot([workflow([a])])
  await engine.start(operation('o1'), [])

  const [short, long, longer] = [1_000, 60_000, 90_000].map((ms) => engine.wait('o1', ms))
  await clock.advance(1_000)
  expect((await short)?.state).toBe('blocked')
  held = false
  await end('o1')

  expect((await long)?.state).toBe('succeeded')
  expect((await longer)?.state).toBe('succeeded')
})

test('who waits is told when the log cannot be read', async () => {
  const { memory, clock } = bench()
  const { log } = memory.connect()
  const load = () => Promise.reject(new Error('the disk is gone'))
  const engine = createEngine({
    log: { ...log, load },
    workflows: [],
    clock,
    owner: 'process-1',
  })

  await expect(engine.wait('o1', 60_000)).rejects.toThrow('the disk is gone')
})

test('each durable change is told once, in order', async () => {
  const { memory, boot, end } = bench()
  const states: string[] = []
  const passing = () => Promise.resolve({ result: 'passed' } as const)
  const { engine } = boot([
    workflow([step('a', []), step('b', []), step('c', [], { guard: passing })]),
  ])
  engine.onChange(({ state, steps }) => {
    states.push([state, ...steps.map((one) => one.state)].join(' '))
  })

  await engine.start(operation('o1'), [])
  await end('o1')

  expect(states).toEqual([
    'running running pending pending',
    'running done running pending',
    'running done done pending',
    'running done done running',
    'succeeded done done done',
  ])
  expect(memory.entries).toHaveLength(4)
})

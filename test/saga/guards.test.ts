import { expect, test } from 'vitest'
import type { Step } from '../../src/saga/workflow.ts'
import { bench, operation, step, workflow } from './bench.ts'
import { never } from './memory-log.ts'

/** A step that says when it is asked whether it may run, and refuses when told to. */
function guarded(
  name: string,
  said: string[],
  refuses: () => boolean,
  set: Partial<Step<string>> = {}
): Step<string> {
  return step(name, said, {
    guard: async () => {
      said.push(`?${name}`)
      if (refuses()) throw new Error(`${name} is refused`)
      return { result: 'passed' }
    },
    ...set,
  })
}

test('a step runs only after its guard has passed, and one that never was is not undone', async () => {
  const { boot, end } = bench()
  const said: string[] = []
  const a = guarded('a', said, () => false)
  const b = guarded('b', said, () => true)

  await boot([workflow([a, b])]).engine.start(operation('o1'), [])
  const ended = await end('o1')

  expect(said).toEqual(['?a', '+a', '?b', '-a'])
  expect(ended).toMatchObject({
    state: 'undone',
    error: { step: 'b', message: 'b is refused' },
  })
})

test('after a restart the guard of the interrupted step is asked again, as the world is then', async () => {
  const { boot, clock, end } = bench()
  const said: string[] = []
  let isTaken = false
  const a = guarded('a', said, () => isTaken, { run: () => never() }) // and is undone, having begun
  const workflows = [workflow([a])]
  const first = boot(workflows)
  await first.engine.start(operation('o1'), [])
  await clock.advance(1_000)
  first.kill()

  isTaken = true
  await boot(workflows, { takeOverAll: true }).engine.resume()
  const ended = await end('o1')

  expect(said).toEqual(['?a', '?a', '-a'])
  expect(ended.state).toBe('undone')
})

test('a guard is asked under the locks of its step, however long these took', async () => {
  const { boot, clock, end } = bench()
  const said: string[] = []
  let release: (result: { result: 'done' }) => void = () => {}
  let isTaken = false
  const holds = step('holds', said, {
    locks: ['primary:1'],
    run: () => new Promise((resolve) => (release = resolve)),
  })
  const waits = guarded('waits', said, () => isTaken, { locks: ['primary:1'] })
  const { engine } = boot([
    workflow([holds]),
    workflow([waits], { name: 'other', onUndone: () => [] }),
  ])
  await engine.start(operation('o1'), [])
  await engine.start(operation('o2', { workflow: 'other' }), [])

  await clock.advance(3_600_000)
  isTaken = true
  release({ result: 'done' })

  expect(await end('o1')).toMatchObject({ state: 'succeeded' })
  expect(await end('o2')).toMatchObject({ state: 'undone' })
  expect(said).toEqual(['?waits'])
})

test('what the guard of the commit step refuses is undone', async () => {
  const { memory, boot, end } = bench()
  const said: string[] = []
  const b = guarded('b', said, () => true, { commit: true })

  await boot([workflow([step('a', said), b])]).engine.start(operation('o1'), [])
  const ended = await end('o1')

  expect(said).toEqual(['+a', '?b', '-a'])
  expect(ended).toMatchObject({ state: 'undone', committed: false })
  expect(ended.steps[1]).toMatchObject({ state: 'failed', attempts: 0 })
  expect(memory.writes.at(-1)).toBe('o1 undone')
})

test('from the commit step on a guard is asked before each attempt, and never turns back', async () => {
  const { memory, boot, end } = bench()
  const said: string[] = []
  let asked = 0
  const b = guarded('b', said, () => false, { commit: true })
  const c = guarded('c', said, () => ++asked < 3)
  const { engine } = boot([workflow([b, c])])

  await engine.start(operation('o1'), [])
  const ended = await end('o1')

  expect(said).toEqual(['?b', '+b', '?c', '?c', '?c', '+c'])
  expect(ended).toMatchObject({ state: 'succeeded', committed: true })
  const committed = memory.entries.filter((entry) => entry.committed === true)
  expect(committed).toHaveLength(1)
})

test('a guard that waits is shown as blocked, and its step does not run meanwhile', async () => {
  const { memory, boot, clock, end } = bench()
  const said: string[] = []
  let isHeld = true
  const a = step('a', said, {
    commit: true,
    guard: async () =>
      isHeld ? { result: 'blocked', report: 'held' } : { result: 'passed' },
  })

  await boot([workflow([a])]).engine.start(operation('o1'), [])
  await clock.advance(2_000)
  const shown = memory.operations.get('o1')
  const before = [...said]
  isHeld = false
  const ended = await end('o1')

  expect(shown).toMatchObject({ state: 'blocked', blocked: 'held', committed: false })
  expect(before).toEqual([])
  expect(ended).toMatchObject({ state: 'succeeded', blocked: null, committed: true })
})

test('a stop while a guard is asked runs nothing, and the next process asks again', async () => {
  const { boot, clock, end } = bench()
  const said: string[] = []
  let pass: (result: { result: 'passed' }) => void = () => {}
  let asked = 0
  const a = step('a', said, {
    guard: () =>
      ++asked === 1
        ? new Promise((resolve) => (pass = resolve))
        : Promise.resolve({ result: 'passed' }),
  })
  const workflows = [workflow([a])]
  const first = boot(workflows)
  await first.engine.start(operation('o1'), [])
  await clock.advance(100)

  const stopped = first.engine.stop()
  pass({ result: 'passed' })
  await stopped
  const before = [...said]
  await boot(workflows, { takeOverAll: true }).engine.resume()
  await end('o1')

  expect(before).toEqual([])
  expect(asked).toBe(2)
  expect(said).toEqual(['+a'])
})

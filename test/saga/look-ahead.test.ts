/** One record tells that a step is done and that the next begins. */
import { expect, test } from 'vitest'
import type { Step, StepContext } from '../../src/saga/workflow.ts'
import { bench, operation, step, workflow } from './bench.ts'

const LOCKS = ['primary:1']

/** Writes no rows, holds a lock, and says when it is asked. */
function locked(
  name: string,
  said: string[],
  set: Partial<Step<string>> & { readonly asked?: (context: StepContext) => void } = {}
): Step<string> {
  const { asked, ...rest } = set
  return step(name, said, {
    locks: LOCKS,
    guard: async (context) => {
      said.push(`?${name}`)
      asked?.(context)
      return { result: 'passed' }
    },
    run: async () => {
      said.push(`+${name}`)
      return { result: 'done', output: `output of ${name}` }
    },
    ...rest,
  })
}

test('a step is done and the next one begins in one record, guarded once and under its locks', async () => {
  const { memory, boot, end } = bench()
  const said: string[] = []
  const states: string[] = []
  const { engine } = boot([workflow([locked('a', said), locked('b', said)])])
  engine.onChange(({ steps }) => states.push(steps.map(({ state }) => state).join(' ')))

  await engine.start(operation('o1'), [])
  await end('o1')

  expect(said).toEqual(['?a', '+a', '?b', '+b'])
  expect(states).toEqual([
    'pending pending',
    'running pending',
    'done running',
    'done done',
  ])
  expect(memory.entries).toHaveLength(3)
})

test('the guard sees the output of the step before it', async () => {
  const { boot, end } = bench()
  const seen: unknown[] = []
  const b = locked('b', [], { asked: ({ outputs }) => seen.push(outputs) })

  await boot([workflow([locked('a', []), b])]).engine.start(operation('o1'), [])
  await end('o1')

  expect(seen).toEqual([{ a: 'output of a' }])
})

test('who waits for the lock has it before the next step', async () => {
  const { boot, clock, end } = bench()
  const said: string[] = []
  let goOn: () => void = () => {}
  const a = locked('a', said, {
    run: () =>
      new Promise((resolve) => {
        goOn = () => resolve({ result: 'done' })
      }),
  })
  const { engine } = boot([
    workflow([a, locked('b', said)]),
    workflow([locked('other', said)], { name: 'other' }),
  ])
  await engine.start(operation('o1'), [])
  await clock.advance(1)
  await engine.start(operation('o2', { workflow: 'other' }), [])
  await clock.advance(1)

  goOn()
  await end('o1')
  await end('o2')

  expect(said).toEqual(['?a', '?other', '+other', '?b', '+b'])
})

test('a guard that refuses leaves the step before it done, and then undone', async () => {
  const { memory, boot, end } = bench()
  const said: string[] = []
  const refuses = () => {
    throw new Error('b is refused')
  }
  const b = locked('b', said, { asked: refuses })

  await boot([workflow([locked('a', said), b])]).engine.start(operation('o1'), [])
  const ended = await end('o1')

  expect(said).toEqual(['?a', '+a', '?b', '?b', '-a'])
  expect(ended).toMatchObject({ state: 'undone', error: { step: 'b' } })
  expect(memory.entries.map(({ step: at }) => at?.state)).toContain('done')
  expect(ended.steps[1]).toMatchObject({ state: 'failed', attempts: 0 })
})

test('the commit step is recorded by itself, so that who cancels can come before it', async () => {
  const { memory, boot, end } = bench()
  const steps = [locked('a', []), locked('b', [], { commit: true })]

  await boot([workflow(steps)]).engine.start(operation('o1'), [])
  await end('o1')

  const commits = memory.entries.filter(({ committed }) => committed === true)
  expect(commits.map(({ step: at }) => at?.index)).toEqual([1])
})

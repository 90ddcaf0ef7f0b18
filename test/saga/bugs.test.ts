/** What is wrong with one operation, or with who listens to it, does not end the process. */
import { expect, test } from 'vitest'
import { bench, operation, step, workflow } from './bench.ts'

/** Each keeps JSON, a message or a chain from being made of it. */
const HOSTILE: Readonly<Record<string, () => unknown>> = {
  'a cause that leads back to itself': () => {
    const error = new Error('round')
    error.cause = error
    return error
  },
  'a detail that leads back to itself': () => {
    const trouble: Record<string, unknown> = {}
    trouble['trouble'] = trouble
    return Object.assign(new Error('round'), { trouble })
  },
  'a detail that JSON does not know': () =>
    Object.assign(new Error('big'), { failure: { count: 1n } }),
  'a number without end': () => 10n,
  'a function': () => () => {},
  nothing: () => undefined,
}

test.for(Object.entries(HOSTILE))('an error that is %s is recorded', async ([, thrown]) => {
  const { boot, end } = bench()
  const troubles: unknown[] = []
  const throwing = async () => {
    throw thrown() // oxlint-disable-line only-throw-error -- whatever a library throws
  }
  const { engine } = boot([workflow([step('a', [], { run: throwing })])], {
    onTrouble: (_, error) => troubles.push(error),
  })

  await engine.start(operation('o1'), [])
  const ended = await end('o1')

  expect(ended).toMatchObject({
    state: 'undone',
    error: { step: 'a', message: expect.any(String) as string },
  })
  expect(JSON.parse(JSON.stringify(ended.error))).toEqual(ended.error)
  expect(troubles).toEqual([])
})

test('a listener that throws is reported, and the operation and other listeners go on', async () => {
  const { boot, end } = bench()
  const troubles: string[] = []
  const told: string[] = []
  const { engine } = boot([workflow([step('a', [])])], {
    onTrouble: (doing) => troubles.push(doing),
  })
  engine.onChange(() => {
    throw new Error('a bug')
  })
  engine.onChange(({ state }) => told.push(state))

  await engine.start(operation('o1'), [])
  const ended = await end('o1')

  expect(ended.state).toBe('succeeded')
  expect(told.at(-1)).toBe('succeeded')
  expect(troubles.length).toBe(told.length)
})

test('what nobody expected leaves its operation stuck, with the reason, and others run', async () => {
  const { boot, end } = bench()
  const troubles: unknown[] = []
  const failing = step('a', [], { fails: () => true })
  Object.defineProperty(failing, 'undo', {
    get: () => {
      throw new Error('a bug')
    },
  })
  const { engine } = boot(
    [workflow([failing]), workflow([step('b', [])], { name: 'other' })],
    { onTrouble: (_, error) => troubles.push(error) }
  )

  await engine.start(operation('o1'), [])
  await engine.start(operation('o2', { workflow: 'other' }), [])
  const ended = await end('o1')

  expect(ended).toMatchObject({
    state: 'stuck',
    error: { step: 'engine', message: 'a bug' },
  })
  expect(troubles).toMatchObject([{ message: 'a bug' }])
  expect((await end('o2')).state).toBe('succeeded')
})

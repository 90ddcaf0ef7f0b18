/** Operations that were tried again, and wait for their locks, when the process dies. */
import { expect, test } from 'vitest'
import { bench, hangsOnce, operation, step, workflow } from './bench.ts'
import { never } from './memory-log.ts'

const BY = { actor: 'somebody', at: '2026-01-01T00:00:00.000Z' }

/**
 * Both need the group, and a step of each the primary. The first is stuck after its commit step, in a step under the
 * primary; the second has the group when somebody tries the first again.
 */
test.for([
  ['between its steps, and is the older', 'o1', 'o2', 'between'],
  ['between its steps, and is the younger', 'o2', 'o1', 'between'],
  ['under the primary, and is the older', 'o1', 'o2', 'inside'],
  ['under the primary, and is the younger', 'o2', 'o1', 'inside'],
] as const)(
  'one that was tried again waits behind who has its lock, whom the restart finds %s',
  async ([, first, second, where]) => {
    const { boot, clock, end } = bench()
    const said: string[] = []
    const locks = () => ['group:1']
    const under = { locks: ['primary:1'] }
    let isBroken = true
    const b = step('b', said, { ...under, commit: true, fails: () => isBroken })
    const stuck = workflow([step('a', said), b, step('c', said, under)], { locks })
    const inside = where === 'inside' ? hangsOnce : step
    const between = where === 'between' ? hangsOnce : step
    const steps = [between('x', said), inside('y', said, under), step('z', said, under)]
    const workflows = [stuck, workflow(steps, { name: 'other', locks })]
    const before = boot(workflows)
    await before.engine.start(operation(first), [])
    await end(first)
    isBroken = false
    await before.engine.start(operation(second, { workflow: 'other' }), [])
    await clock.advance(1_000)
    await before.engine.retry(first, BY, [])
    await clock.advance(1_000)
    before.kill()
    said.length = 0

    await boot(workflows, { takeOverAll: true }).engine.resume()
    const ends = [await end(second), await end(first)]

    expect(ends.map(({ state }) => state)).toEqual(['succeeded', 'succeeded'])
    const left = where === 'inside' ? ['+y', '+z'] : ['+x', '+y', '+z']
    expect(said).toEqual([...left, '+b', '+c'])
  }
)

test('one that was tried again and has gone on since keeps its locks', async () => {
  const { memory, boot, clock, end } = bench()
  const said: string[] = []
  const locks = () => ['group:1']
  let isBroken = true
  let undos = 0
  const b = step('b', said, {
    undo: () => {
      if (isBroken) return Promise.reject(new Error('cannot undo b'))
      said.push('-b')
      return ++undos === 1 ? never() : Promise.resolve({ result: 'done' })
    },
  })
  const workflows = [
    workflow([b, step('c', said, { fails: () => true })], { locks }),
    workflow([step('x', said)], { name: 'other', locks }),
  ]
  const before = boot(workflows)
  await before.engine.start(operation('o2'), [])
  await end('o2')
  isBroken = false
  await before.engine.retry('o2', BY, [])
  await before.engine.start(operation('o1', { workflow: 'other' }), [])
  await clock.advance(1_000)
  before.kill()

  await boot(workflows, { takeOverAll: true }).engine.resume()
  await end('o1')

  expect(memory.operations.get('o2')?.state).toBe('undone')
  expect(said).toEqual(['+b', '+c', '-c', '-b', '-b', '+x'])
})

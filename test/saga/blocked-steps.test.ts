import { expect, test } from 'vitest'
import { bench, operation, step, workflow } from './bench.ts'

test('a blocked step is shown, asked again until it is done, and counted as one attempt', async () => {
  const { memory, boot, clock, end } = bench()
  let holder: string | null = 'pid 1'
  const waits = step('a', [], {
    run: async () =>
      holder === null ? { result: 'done' } : { result: 'blocked', report: { holder } },
  })
  const { engine } = boot([workflow([waits])])

  await engine.start(operation('o1'), [])
  await clock.advance(1_600)
  const shown = memory.operations.get('o1')
  const recorded = memory.entries.filter(({ state }) => state === 'blocked').length
  holder = 'pid 2'
  await clock.advance(600)
  const changed = memory.operations.get('o1')
  holder = null
  const ended = await end('o1')

  expect(shown).toMatchObject({ state: 'blocked', blocked: { holder: 'pid 1' } })
  expect(recorded).toBe(1)
  expect(changed?.blocked).toEqual({ holder: 'pid 2' })
  expect(ended).toMatchObject({ state: 'succeeded', blocked: null })
  expect(ended.steps[0]?.attempts).toBe(1)
})

test('a blocked undo is shown as well, and goes on going back', async () => {
  const { memory, boot, clock, end } = bench()
  let held = true
  const a = step('a', [], {
    undo: async () =>
      held
        ? { result: 'blocked', report: 'held' }
        : { result: 'done', writes: ['row of undo'] },
  })
  const { engine } = boot([workflow([a, step('b', [], { fails: () => true })])])

  await engine.start(operation('o1'), [])
  await clock.advance(1_000)
  const shown = memory.operations.get('o1')
  held = false
  const ended = await end('o1')

  expect(shown).toMatchObject({ state: 'blocked', blocked: 'held' })
  expect(ended).toMatchObject({ state: 'undone', blocked: null })
  expect(memory.writes).toContain('row of undo')
})

import { expect, test } from 'vitest'
import { NotNow } from '../../src/saga/log.ts'
import { CannotRun } from '../../src/saga/retry-operation.ts'
import { bench, operation, step, workflow } from './bench.ts'
import { never } from './memory-log.ts'

const BY = { actor: 'somebody', at: '2026-01-01T00:00:00.000Z' }

test('one that gave up after its commit step goes on there, with fresh attempts', async () => {
  const { memory, boot, clock, end } = bench()
  const said: string[] = []
  let failures = 8
  const c = step('c', said, { fails: () => failures-- > 0 })
  const steps = [step('a', said), step('b', said, { commit: true }), c]
  const onRetried = () => ['o1 retried']
  const { engine } = boot([workflow(steps, { onRetried })])
  await engine.start(operation('o1'), [])
  const stuck = await end('o1')
  const tried = said.length

  const answered = await engine.retry('o1', BY, ['row of the wish'])
  const ended = await end('o1')
  await clock.advance(60_000)

  expect(stuck).toMatchObject({ state: 'stuck', fence: 1, error: { step: 'c' } })
  expect(answered).toMatchObject({ state: 'running', error: null, fence: 2 })
  expect(said.slice(tried)).toEqual(['+c', '+c', '+c', '+c'])
  expect(ended).toMatchObject({ state: 'succeeded', error: null })
  expect(ended.steps[2]?.attempts).toBe(9)
  expect(memory.writes.filter((row) => row.startsWith('o1'))).toEqual([
    'o1 stuck',
    'o1 retried',
    'o1 succeeded',
  ])
  expect(memory.writes).toContain('row of the wish')
})

test('one whose undo failed goes on going back, and only that is undone again', async () => {
  const { boot, end } = bench()
  const said: string[] = []
  let isBroken = true
  const b = step('b', said, {
    undo: async () => {
      said.push('-b')
      if (isBroken) throw new Error('cannot undo b')
      return { result: 'done' }
    },
  })
  const { engine } = boot([
    workflow([step('a', said), b, step('c', said, { fails: () => true })]),
  ])
  await engine.start(operation('o1'), [])
  const stuck = await end('o1')
  const tried = said.length

  await engine.retry('o1', BY, [])
  const again = await end('o1')
  const triedAgain = said.length
  isBroken = false
  const answered = await engine.retry('o1', BY, [])
  const ended = await end('o1')

  expect(stuck).toMatchObject({ state: 'stuck', error: { step: 'c' } })
  expect(again.state).toBe('stuck')
  expect(said.slice(tried, triedAgain)).toEqual(['-b', '-b', '-b', '-b'])
  expect(answered).toMatchObject({ state: 'undoing', error: { step: 'c' } })
  expect(said.slice(triedAgain)).toEqual(['-b'])
  expect(ended).toMatchObject({ state: 'undone', error: { step: 'c' } })
  expect(ended.steps.map(({ state }) => state)).toEqual(['undone', 'undone', 'undone'])
})

test('one whose code was missing goes on where it was once it is there', async () => {
  const { boot, clock, end } = bench()
  const said: string[] = []
  let isFirst = true
  const b = step('b', said, {
    run: () => {
      said.push('+b')
      if (!isFirst) return Promise.resolve({ result: 'done' })
      isFirst = false
      return never()
    },
  })
  const known = [workflow([step('a', said), b])]
  const first = boot(known)
  await first.engine.start(operation('o1'), [])
  await clock.advance(100)
  first.kill()
  const without = boot([workflow([], { version: 2 })], { takeOverAll: true })
  await without.engine.resume()
  const stuck = await end('o1')

  const refused = without.engine.retry('o1', BY, [])
  await expect(refused).rejects.toBeInstanceOf(CannotRun)
  const state = (await without.engine.get('o1'))?.state
  await boot(known).engine.retry('o1', BY, [])
  const ended = await end('o1')

  expect(stuck.error?.message).toContain('needs another nvirt')
  expect(state).toBe('stuck')
  expect(ended.state).toBe('succeeded')
  expect(said).toEqual(['+a', '+b', '+b'])
})

test('one whose code was missing on its way back goes on going back', async () => {
  const { boot, clock, end } = bench()
  const said: string[] = []
  let isFirst = true
  const a = step('a', said, {
    undo: () => {
      said.push('-a')
      if (!isFirst) return Promise.resolve({ result: 'done' })
      isFirst = false
      return never()
    },
  })
  const known = [workflow([a, step('b', said, { fails: () => true })])]
  const first = boot(known)
  await first.engine.start(operation('o1'), [])
  await clock.advance(100)
  first.kill()
  await boot([], { takeOverAll: true }).engine.resume()

  await boot(known).engine.retry('o1', BY, [])

  expect((await end('o1')).state).toBe('undone')
  expect(said).toEqual(['+a', '+b', '-b', '-a', '-a'])
})

test('only what is stuck is tried again, and of two who ask at once one is heard', async () => {
  const { boot, clock, end } = bench()
  let isBroken = true
  const a = step('a', [], { commit: true, fails: () => isBroken })
  const workflows = [workflow([a])]
  const { engine } = boot(workflows)
  const other = boot(workflows)
  await engine.start(operation('o1'), [])
  await clock.advance(10)

  await expect(engine.retry('o1', BY, [])).rejects.toBeInstanceOf(NotNow)
  await end('o1')
  isBroken = false
  const both = await Promise.allSettled([
    engine.retry('o1', BY, []),
    other.engine.retry('o1', BY, []),
  ])
  await end('o1')

  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  await expect(engine.retry('o1', BY, [])).rejects.toBeInstanceOf(NotNow)
  await expect(engine.retry('nobody', BY, [])).rejects.toBeInstanceOf(NotNow)
})

test('it takes its place behind those who have its locks now', async () => {
  const { boot, clock, end } = bench()
  const said: string[] = []
  let isBroken = true
  const locks = () => ['function:1']
  let finish = () => {}
  const busy = step('busy', said, {
    run: async () => {
      await new Promise<void>((resolve) => (finish = resolve))
      said.push('+busy')
      return { result: 'done' }
    },
  })
  const { engine } = boot([
    workflow([step('a', said, { commit: true, fails: () => isBroken })], { locks }),
    workflow([busy], { name: 'busy', locks }),
  ])
  await engine.start(operation('o1'), [])
  await end('o1')
  isBroken = false
  said.length = 0
  await engine.start(operation('o2', { workflow: 'busy' }), [])
  await clock.advance(100)

  await engine.retry('o1', BY, [])
  await clock.advance(100)
  const waiting = await engine.get('o1')
  finish()
  await end('o1')

  expect(waiting).toMatchObject({ state: 'waiting', waitsFor: ['o2'] })
  expect(said).toEqual(['+busy', '+a'])
})

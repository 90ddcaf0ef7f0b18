/** The last look of a workflow at what its steps and their undo have come to. */
import { expect, test } from 'vitest'
import type { Json } from '../../src/saga/workflow.ts'
import { bench, operation, step, workflow } from './bench.ts'
import { never } from './memory-log.ts'

const BY = { actor: 'somebody', at: '2026-01-01T00:00:00.000Z' }

test('it comes after the last undo, and before anybody is told of the end', async () => {
  const { memory, boot, end } = bench()
  const said: string[] = []
  const lookAgain = async (params: Json) => {
    const { state } = memory.operations.get('o1') ?? {}
    said.push(`look at ${JSON.stringify(params)}, ${state}`)
  }
  const steps = [step('a', said), step('b', said, { fails: () => true })]

  await boot([workflow(steps, { lookAgain })]).engine.start(
    operation('o1', { params: 'p' }),
    []
  )
  const ended = await end('o1')

  expect(ended.state).toBe('undone')
  expect(said).toEqual(['+a', '+b', '-b', '-a', 'look at "p", undoing'])
})

test('one that is stuck is looked at, and again when it is undone after all', async () => {
  const { boot, end } = bench()
  const said: string[] = []
  let isBroken = true
  const b = step('b', said, { fails: () => true })
  const undo: typeof b.undo = async (context) => {
    if (isBroken) throw new Error('broken')
    return (await b.undo?.(context)) ?? { result: 'done' }
  }
  const steps = [step('a', said), { ...b, undo }]
  const { engine } = boot([
    workflow(steps, { lookAgain: async () => void said.push('look') }),
  ])
  await engine.start(operation('o1'), [])
  const stuck = await end('o1')
  isBroken = false

  await engine.retry('o1', BY, [])
  const ended = await end('o1')

  expect([stuck.state, ended.state]).toEqual(['stuck', 'undone'])
  expect(said).toEqual(['+a', '+b', '-a', 'look', '-b', 'look'])
})

test('one that is stuck after its commit step is looked at', async () => {
  const { boot, end } = bench()
  const said: string[] = []
  const steps = [step('a', [], { commit: true }), step('b', [], { fails: () => true })]
  const { engine } = boot([
    workflow(steps, { lookAgain: async () => void said.push('look') }),
  ])

  await engine.start(operation('o1'), [])

  expect((await end('o1')).state).toBe('stuck')
  expect(said).toEqual(['look'])
})

test('one that succeeds, or never began, is not', async () => {
  const { boot, end } = bench()
  const said: string[] = []
  const waits = step('a', [], { run: () => new Promise(() => {}) })
  const lookAgain = async () => void said.push('look')
  const locks = () => ['function:1']
  const { engine } = boot([
    workflow([step('a', [])], { lookAgain }),
    workflow([waits], { name: 'waits', lookAgain, locks }),
  ])
  await engine.start(operation('o1'), [])
  await engine.start(operation('first', { workflow: 'waits' }), [])
  await engine.start(operation('second', { workflow: 'waits' }), [])

  await engine.cancel('second', BY, [])

  expect((await end('o1')).state).toBe('succeeded')
  expect((await end('second')).state).toBe('undone')
  expect(said).toEqual([])
})

test('killed meanwhile, the next process looks', async () => {
  const { boot, clock, end } = bench()
  const said: string[] = []
  const steps = [step('a', said, { fails: () => true })]
  const first = boot([workflow(steps, { lookAgain: never })])
  await first.engine.start(operation('o1'), [])
  await clock.advance(1_000)
  first.kill()

  const next = boot([workflow(steps, { lookAgain: async () => void said.push('look') })], {
    takeOverAll: true,
  })
  await next.engine.resume()

  expect((await end('o1')).state).toBe('undone')
  expect(said).toEqual(['+a', '-a', 'look'])
})

test('a look that throws is a bug: it is reported, and somebody has to look', async () => {
  const { boot, end } = bench()
  const troubles: string[] = []
  const lookAgain = () => Promise.reject(new Error('a bug'))
  const steps = [step('a', [], { fails: () => true })]
  const { engine } = boot([workflow(steps, { lookAgain })], {
    onTrouble: (doing) => troubles.push(doing),
  })

  await engine.start(operation('o1'), [])

  expect(await end('o1')).toMatchObject({ state: 'stuck', error: { message: 'a bug' } })
  expect(troubles).toEqual(['running operation o1'])
})

test('who stops waits for no look, and the next process looks', async () => {
  const { memory, boot, clock, end } = bench()
  const said: string[] = []
  const steps = [step('a', said, { fails: () => true })]
  const first = boot([workflow(steps, { lookAgain: never })])
  await first.engine.start(operation('o1'), [])
  await clock.advance(1_000)

  await first.engine.stop()
  const left = memory.operations.get('o1')
  const next = boot([workflow(steps, { lookAgain: async () => void said.push('look') })], {
    takeOverAll: true,
  })
  await next.engine.resume()

  expect(left).toMatchObject({ state: 'undoing', steps: [{ state: 'undone' }] })
  expect((await end('o1')).state).toBe('undone')
  expect(said).toEqual(['+a', '-a', 'look'])
})

test('its lease is kept while it looks, however long that takes', async () => {
  const { memory, boot, clock } = bench()
  const { engine } = boot([
    workflow([step('a', [], { fails: () => true })], { lookAgain: never }),
  ])
  await engine.start(operation('o1'), [])

  await clock.advance(600_000)

  const { state, leaseUntilMs = 0 } = memory.operations.get('o1') ?? {}
  expect(state).toBe('undoing')
  expect(leaseUntilMs).toBeGreaterThan(clock.nowMs())
})

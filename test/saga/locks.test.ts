import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLocks } from '../../src/saga/locks.ts'
import type { LockRequest } from '../../src/saga/locks.ts'
import { bench, operation, step, workflow } from './bench.ts'

test('who asked first is served first, and whoever waits knows for whom', () => {
  const locks = createLocks()

  const a = locks.request('a', 'operation', ['function:1'])
  const b = locks.request('b', 'operation', ['function:1', 'function:2'])
  const c = locks.request('c', 'operation', ['function:2'])
  const d = locks.request('d', 'operation', ['function:3'])

  expect([a, b, c, d].map((one) => one.waitsFor())).toEqual([[], ['a'], ['b'], []])
  a.release()
  expect([b, c].map((one) => one.waitsFor())).toEqual([[], ['b']])
  b.release()
  expect(c.waitsFor()).toEqual([])
})

test('who waits is told when somebody ahead has gone', async () => {
  const locks = createLocks()
  const first = locks.request('a', 'step', ['primary:1'])
  const second = locks.request('b', 'step', ['primary:1'])

  const moved = second.moved()
  first.release()

  await moved
  expect(second.waitsFor()).toEqual([])
})

test('a lock that is given up while waiting lets the others pass', () => {
  const locks = createLocks()
  const a = locks.request('a', 'operation', ['function:1'])
  const b = locks.request('b', 'operation', ['function:1'])
  const c = locks.request('c', 'operation', ['function:1'])

  b.release()
  b.release()

  expect(c.waitsFor()).toEqual(['a'])
  a.release()
  expect(c.waitsFor()).toEqual([])
})

test('a kind of lock belongs to one level', () => {
  const locks = createLocks()
  locks.request('a', 'operation', ['function:1'])

  expect(() => locks.request('a', 'step', ['function:2'])).toThrow('level operation')
})

test('no two operations ever hold the same lock, and all are served in the end', () => {
  const requests = fc.array(fc.uniqueArray(fc.constantFrom('f:1', 'f:2', 'f:3', 'f:4')), {
    maxLength: 12,
  })
  fc.assert(
    fc.property(requests, fc.infiniteStream(fc.nat()), (wanted, choices) => {
      const locks = createLocks()
      const open = new Map<number, LockRequest>(
        wanted.map((names, n) => [n, locks.request(`o${n}`, 'operation', names)])
      )
      while (open.size > 0) {
        const holders = [...open].filter(([, request]) => request.waitsFor().length === 0)
        const held = holders.flatMap(([, request]) => request.names)
        expect(new Set(held).size).toBe(held.length)
        expect(holders.length, 'somebody can always go on').toBeGreaterThan(0)
        const [n, request] = holders[choices.next().value % holders.length]!
        request.release()
        open.delete(n)
      }
    })
  )
})

test('operations on one function run one after the other, in the order of their starts', async () => {
  const { memory, boot, end } = bench()
  const said: string[] = []
  const { engine } = boot([
    workflow([step('a', said), step('b', said)], { locks: () => ['function:1'] }),
  ])

  const [, second] = await Promise.all([
    engine.start(operation('o1'), []),
    engine.start(operation('o2'), []),
  ])
  const holding = engine.running()
  await end('o2')

  expect(second).toMatchObject({ state: 'waiting', waitsFor: ['o1'] })
  expect(holding).toEqual([
    { id: 'o1', locks: ['function:1'] },
    { id: 'o2', locks: ['function:1'] },
  ])
  expect(said).toEqual(['+a', '+b', '+a', '+b'])
  expect(memory.operations.get('o2')).toMatchObject({ state: 'succeeded', waitsFor: [] })
})

test('a step waits for the lock of another operation’s step, not of its whole operation', async () => {
  const { memory, boot, clock, end } = bench()
  let held = true
  const shared = step('shared', [], {
    locks: ['primary:1'],
    run: async ({ operationId }) =>
      held && operationId === 'o1'
        ? { result: 'blocked', report: null }
        : { result: 'done' },
  })
  const alone = step('alone', [], {
    run: async ({ operationId }) =>
      operationId === 'o1' ? { result: 'blocked', report: null } : { result: 'done' },
  })
  const { engine } = boot([workflow([shared, alone])])

  await engine.start(operation('o1'), [])
  await engine.start(operation('o2'), [])
  await clock.advance(1_000)
  const waiting = memory.operations.get('o2')
  held = false
  const ended = await end('o2')

  expect(waiting).toMatchObject({ state: 'waiting', waitsFor: ['o1'] })
  expect(waiting?.steps[0]?.state).toBe('pending')
  expect(ended.state).toBe('succeeded')
  expect(memory.operations.get('o1')?.state).toBe('blocked')
})

test('nobody gets a step’s lock between its failure and its undo', async () => {
  const { boot, end } = bench()
  const said: string[] = []
  const say = (what: string) => async (context: { operationId: string }) => {
    said.push(`${context.operationId} ${what}`)
    if (what === 'run' && context.operationId === 'o1') throw new Error('half-way')
    return { result: 'done' as const }
  }
  const shared = {
    name: 'shared',
    locks: ['primary:1'],
    run: say('run'),
    undo: say('undo'),
  }
  const { engine } = boot([workflow([shared])])

  await Promise.all([engine.start(operation('o1'), []), engine.start(operation('o2'), [])])
  await end('o2')

  expect(said).toEqual(['o1 run', 'o1 undo', 'o2 run'])
})

/** Who has worked on the functions of a stuck operation since, found among all that there ever were. */
import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { NOT_BEGUN } from '../../src/saga/new-operation.ts'
import type { OperationRecord } from '../../src/saga/operation.ts'
import type { Step } from '../../src/saga/workflow.ts'
import type { Store, StoreWrite } from '../../src/store/store.ts'
import { memoryStore } from './memory-store.ts'
import { refusalsOf } from './trouble.ts'
import {
  controllerAt,
  done,
  makeWorld,
  namespaceIds,
  PF,
  type World,
  type WorldOptions,
} from './world.ts'

test('a plan that was made before it and run after it has overtaken it', async () => {
  const isBroken = { now: true }
  const world = await makeWorld(memoryStore(), { adapt: breaking(isBroken) })
  const { workflows } = world
  const asked = oneVf(world)
  const planned = await workflows.plan(DEMO, asked)
  const stuck = await world.end(await workflows.begin(DEMO, asked))
  isBroken.now = false
  await done(world, workflows.runPlan(DEMO, asked, planned.id))
  const written = world.machine.transcript.length

  const refusals = await refusalsOf(workflows.retry(DEMO, stuck.id))

  expect(stuck.state).toBe('stuck')
  expect(planned.id < stuck.id, 'its id is of when it was made').toBe(true)
  expect(refusals).toMatchObject([{ check: 'operation-overtaken', device: stuck.id }])
  expect(refusals[0]?.reason).toContain(planned.id)
  expect(world.machine.transcript).toHaveLength(written)
})

test('neither a retry nor a start reads what has long ended', async () => {
  const { store, handedOut } = counting(memoryStore())
  const isBroken = { now: true }
  const world = await makeWorld(store, { adapt: breaking(isBroken) })
  const stuck = await world.end(await world.workflows.begin(DEMO, oneVf(world)))
  const record = store.read.operation(null, stuck.id)
  if (record === undefined) throw new Error('the stuck one is there')
  const steps = [{ ...NOT_BEGUN, name: 'allocate-and-reset', attempts: 1 }]
  const past = { ...record, workflow: 'adopt', params: null, state: 'succeeded' } as const
  const resize = { ...past, workflow: 'resize-primary', steps }
  const operations: OperationRecord[] = [
    { ...resize, id: v7(), state: 'stuck' },
    ...Array.from({ length: 3_000 }, () => ({ ...past, id: v7() })),
    { ...resize, id: v7() },
  ]
  await store.commit(
    operations.map((operation) => ({ write: 'createOperation', operation }))
  )
  isBroken.now = false

  handedOut.length = 0
  await world.workflows.retry(DEMO, stuck.id)
  const byRetry = [...handedOut]
  await world.end(stuck)
  handedOut.length = 0
  await world.restart()
  const byStart = new Set(handedOut)

  expect(byRetry.length).toBeLessThan(10)
  expect(byStart).toEqual(new Set(['resize-primary']))
  expect(handedOut.length).toBeLessThan(10)
})

/** Its last step fails, and so does an undo, of which somebody has taken back by hand what it was to take back. */
function breaking(isBroken: { readonly now: boolean }): WorldOptions['adapt'] {
  const fail = () => Promise.reject(new Error('made to fail'))
  const broken = (step: Step<StoreWrite>, isLast: boolean): Step<StoreWrite> => ({
    ...step,
    run: (context) => (isBroken.now && isLast ? fail() : step.run(context)),
    ...(step.undo && {
      undo: async (context) => {
        const undone = await step.undo?.(context)
        return isBroken.now ? fail() : (undone ?? { result: 'done' })
      },
    }),
  })
  return (workflow) => ({
    ...workflow,
    steps: (params) =>
      workflow
        .steps(params)
        .map((step, at, steps) => broken(step, at === steps.length - 1)),
  })
}

/** The workflow of each operation that is read of it, as often as it is. */
function counting(store: Store) {
  const handedOut: string[] = []
  const noted = <Operation extends { readonly workflow: string }>(operation: Operation) => {
    handedOut.push(operation.workflow)
    return operation
  }
  const { read } = store
  const counted: Store['read'] = {
    ...read,
    operations: (filter, page) => {
      const { items, next } = read.operations(filter, page)
      return { items: items.map(noted), next }
    },
    operationsInOrder: (filter) => read.operationsInOrder(filter).map(noted),
    openOperations: () => read.openOperations().map(noted),
    firstSince: (id, holds) => {
      const found = read.firstSince(id, holds)
      return found && noted(found)
    },
  }
  return { store: { ...store, read: counted }, handedOut }
}

function oneVf(world: World) {
  const virtualFunctions = [{ ioQueuePairs: 1, namespaceIds: namespaceIds(world, [2]) }]
  const controllerId = controllerAt(world, PF).id
  const request = { virtualFunctions, driver: 'none' } as const
  return { ask: 'provision', controllerId, request } as const
}

import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { Engine } from '../../src/saga/engine.ts'
import { createEngine } from '../../src/saga/run-engine.ts'
import type { Step, WorkflowDefinition } from '../../src/saga/workflow.ts'
import { storeLog } from '../../src/store/store-log.ts'
import type { Store, StoreWrite } from '../../src/store/store.ts'
import { newEvent, operationRecord } from './rows.ts'
import { temporaryFolder, temporaryStore } from './temporary-store.ts'

function engineOn(
  store: Store,
  owner: string,
  steps: readonly Step<StoreWrite>[]
): Engine<StoreWrite> {
  const definition: WorkflowDefinition<StoreWrite> = {
    name: 'test',
    version: 1,
    steps: () => steps,
    locks: () => ['function:1'],
    onSucceeded: () => [{ write: 'appendEvent', event: newEvent({ type: 'succeeded' }) }],
    onUndone: () => [{ write: 'appendEvent', event: newEvent({ type: 'undone' }) }],
  }
  const engine = createEngine({
    log: storeLog(store),
    workflows: [definition],
    clock: systemClock,
    owner,
    takeOverAll: true,
  })
  onTestFinished(() => engine.stop())
  return engine
}

const START = {
  id: 'o1',
  workflow: 'test',
  params: { n: 1 },
  actor: 'demo',
  tenant: 'default',
}

function says(name: string): Step<StoreWrite> {
  const event = newEvent({ type: `${name} ran` })
  return {
    name,
    run: async () => ({
      result: 'done',
      output: { name },
      writes: [{ write: 'appendEvent', event }],
    }),
  }
}

function typesIn(store: Store): readonly string[] {
  return store.read.events(null, 0, 100).map(({ type }) => type)
}

test('an operation’s record, its rows and its events are one thing on disk', async () => {
  const store = await temporaryStore()
  const engine = engineOn(store, 'process-1', [says('a'), says('b')])

  await engine.start(START, [
    { write: 'appendEvent', event: newEvent({ type: 'requested' }) },
  ])
  const ended = await engine.wait('o1', 10_000)

  expect(ended).toMatchObject({ state: 'succeeded', params: { n: 1 } })
  expect(store.read.operation(null, 'o1')).toEqual(ended)
  expect(typesIn(store)).toEqual(['requested', 'a ran', 'b ran', 'succeeded'])
})

test('a step whose rows the database refuses is undone, with nothing of it left', async () => {
  const store = await temporaryStore()
  const refused: Step<StoreWrite> = {
    name: 'refused',
    run: async () => ({
      result: 'done',
      writes: [
        { write: 'appendEvent', event: newEvent({ type: 'half' }) },
        { write: 'setProvisioned', virtualFunctionId: 'nobody', provisioned: null },
      ],
    }),
  }
  const engine = engineOn(store, 'process-1', [says('a'), refused])

  await engine.start(START, [])
  const ended = await engine.wait('o1', 10_000)

  expect(ended).toMatchObject({ state: 'undone', error: { step: 'refused' } })
  expect(typesIn(store)).toEqual(['a ran', 'undone'])
})

test('the next process goes on where the former one stood', async () => {
  const folder = temporaryFolder()
  const first = await temporaryStore(folder)
  const held: Step<StoreWrite> = {
    name: 'held',
    run: async () => ({ result: 'blocked', report: { by: 'pid 7' } }),
  }
  const former = engineOn(first, 'process-1', [says('a'), held])
  const shown = new Promise<void>((resolve) => {
    former.onChange(({ state }) => {
      if (state === 'blocked') resolve()
    })
  })
  await former.start(START, [])
  await shown
  await former.stop()
  await first.close()

  const second = await temporaryStore(folder)
  const left = second.read.operation(null, 'o1')
  const engine = engineOn(second, 'process-2', [says('a'), { ...says('held') }])
  const taken = await engine.resume()
  const ended = await engine.wait('o1', 10_000)

  expect(left).toMatchObject({
    state: 'blocked',
    blocked: { by: 'pid 7' },
    owner: 'process-1',
  })
  expect(taken).toEqual(['o1'])
  expect(ended).toMatchObject({
    state: 'succeeded',
    owner: 'process-2',
    fence: 2,
    blocked: null,
  })
  expect(typesIn(second)).toEqual(['a ran', 'held ran', 'succeeded'])
})

test('every open operation is loaded, oldest first whatever its id, and no ended one', async () => {
  const store = await temporaryStore()
  const ids = Array.from({ length: 450 }, (_, n) => `o${String(n).padStart(4, '0')}`)
  await Promise.all(
    ids.toReversed().map((id, n) =>
      store.commit([
        {
          write: 'createOperation',
          operation: operationRecord({ id, state: n % 9 === 0 ? 'stuck' : 'waiting' }),
        },
      ])
    )
  )

  const open = await storeLog(store).loadOpen()

  expect(open.map(({ id }) => id)).toEqual(ids.toReversed().filter((_, n) => n % 9 !== 0))
})

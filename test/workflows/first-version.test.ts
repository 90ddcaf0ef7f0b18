/** Operations that the first nvirt logged, with parameters that are no longer needed and without those that came since. */
import { expect, test } from 'vitest'
import type { Json, WorkflowDefinition } from '../../src/saga/workflow.ts'
import type { Store, StoreWrite } from '../../src/store/store.ts'
import { CASES } from './killed.ts'
import { memoryStore } from './memory-store.ts'
import { mortalStore } from './mortal-store.ts'
import { makeWorld } from './world.ts'

test.for([
  ['provisioning', { controllers: [0], groups: undefined }],
  ['assigning', { others: [] }],
] as const)('%s goes on after an update', async ([name, params]) => {
  const store = memoryStore()
  const mortal = mortalStore(loggingAs(store, params))
  let isUpdated = false
  const first = await makeWorld(mortal, {
    adapt: (workflow) => (isUpdated ? workflow : unlessLater(workflow)),
  })
  mortal.lives = 8
  mortal.commits = 0
  const operation = await CASES[name].start(first)
  await first.clock.advance(60_000)

  isUpdated = true
  const next = await first.succeededBy(store)
  await next.workflows.resume()

  expect(store.read.operation(null, operation.id)?.version).toBe(1)
  expect(await next.end(operation)).toMatchObject({ state: 'succeeded' })
})

/** Under its own name nobody finds it yet. */
function unlessLater<W>(workflow: WorkflowDefinition<W>): WorkflowDefinition<W> {
  const { name, version } = workflow
  return version === 1 ? workflow : { ...workflow, name: `${name} to come` }
}

/** Operations are created with these parameters; undefined: without them. */
function loggingAs(
  store: Store,
  params: Readonly<Record<string, Json | undefined>>
): Store {
  const asLogged = (write: StoreWrite): StoreWrite =>
    write.write === 'createOperation'
      ? { ...write, operation: { ...write.operation, params: merged(write, params) } }
      : write
  return { ...store, commit: (writes) => store.commit(writes.map(asLogged)) }
}

function merged(
  { operation }: Extract<StoreWrite, { readonly write: 'createOperation' }>,
  params: Readonly<Record<string, Json | undefined>>
): Json {
  return { ...(operation.params as Readonly<Record<string, Json>>), ...params } // an object, by every schema
}

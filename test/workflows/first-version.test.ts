/** Operations that the first nvirt logged, with parameters that are no longer needed and without those that came since. */
import { expect, test } from 'vitest'
import type { Json } from '../../src/saga/workflow.ts'
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
  const first = await makeWorld(mortal)
  mortal.lives = 8
  mortal.commits = 0
  const operation = await CASES[name].start(first)
  await first.clock.advance(60_000)

  const next = await first.succeededBy(store)
  await next.workflows.resume()

  expect(store.read.operation(null, operation.id)?.version).toBe(1)
  expect(await next.end(operation)).toMatchObject({ state: 'succeeded' })
})

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

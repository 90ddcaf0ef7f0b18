/** Hosts that are scanned at once, and what they claim. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { controllerIdOf } from '../../src/inventory/identity.ts'
import { controller, PRIMARY_CONTROLLER } from './observed.ts'
import { HOST_ID, watched } from './watched.ts'

const PAGE = { after: null, limit: 100 }

test('two hosts that show one drive at once have rows of their own, all ambiguous', async () => {
  const { inventory, another } = watched()
  const other = another('f'.repeat(32))

  await inventory.start()
  await inventory.stop()

  const of = (hostId: string) => inventory.controllers(DEMO, { hostId }, PAGE).items
  const rows = [...of(HOST_ID), ...of(other)]
  expect(rows.map(({ present, ambiguous }) => [present, ambiguous])).toEqual(
    Array.from({ length: 4 }, () => [true, true])
  )
  expect(
    of(HOST_ID)
      .map(({ id }) => id)
      .toSorted()
  ).toEqual([controllerIdOf(PRIMARY_CONTROLLER), controllerIdOf(controller())].toSorted())
  for (const hostId of [HOST_ID, other]) {
    expect(inventory.namespaces(DEMO, { hostId }, PAGE).items).toHaveLength(1)
    expect(inventory.virtualFunctions(DEMO, { hostId }, PAGE).items).toHaveLength(2)
  }
})

test('what cannot be stored of one host keeps no other from being stored', async () => {
  const { inventory, another, store, troubles } = watched()
  const other = another('f'.repeat(32))
  const { commit } = store
  store.commit = () => {
    store.commit = commit
    return Promise.reject(new Error('no room'))
  }

  await inventory.start()
  await inventory.stop()

  expect(troubles).toEqual([new Error('no room')])
  expect(inventory.host(DEMO, other).reach).toBe('reachable')
  expect(inventory.controllers(DEMO, {}, PAGE).items).toHaveLength(2)
})

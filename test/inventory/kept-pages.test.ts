/** Pages out of rows that are kept are those that the database has. */
import { expect, test } from 'vitest'
import {
  keptControllers,
  keptNamespaces,
  keptVirtualFunctions,
} from '../../src/inventory/kept-pages.ts'
import { controllerRow, hostRow, namespaceRow, virtualFunctionRow } from '../store/rows.ts'
import { temporaryStore } from '../store/temporary-store.ts'

const HOSTS = ['host-a', 'host-b', 'host-c']

async function threeHosts() {
  const store = await temporaryStore()
  for (const hostId of HOSTS)
    await store.commit([
      { write: 'putHost', row: hostRow({ id: hostId, machineId: hostId }) },
      {
        write: 'reconcile',
        controllers: [controllerRow({ id: `pf of ${hostId}`, hostId })],
        virtualFunctions: [1, 2, 3].map((vfNumber) =>
          virtualFunctionRow({
            id: `vf ${vfNumber} of ${hostId}`,
            hostId,
            controllerId: `pf of ${hostId}`,
            vfNumber,
          })
        ),
        namespaces: [namespaceRow({ id: `namespace of ${hostId}`, hostId })],
      },
    ])
  return store.read
}

const WHOLE = { after: null, limit: 100 }

test.each([
  {},
  { hostId: 'host-b' },
  { controllerId: 'pf of host-c' },
  { hostId: 'host-b', controllerId: 'pf of host-c' },
])('of %o they have what the tables have', async (filter) => {
  const read = await threeHosts()
  const { controllerId: _, ...ofHost } = { controllerId: '', ...filter }

  expect(keptVirtualFunctions(read, filter, WHOLE)).toEqual(
    read.virtualFunctions(filter, WHOLE)
  )
  expect(keptControllers(read, ofHost, WHOLE)).toEqual(read.controllers(ofHost, WHOLE))
  expect(keptNamespaces(read, ofHost, WHOLE)).toEqual(read.namespaces(ofHost, WHOLE))
})

test('one page follows the other', async () => {
  const read = await threeHosts()
  const first = keptVirtualFunctions(read, {}, { after: null, limit: 4 })

  const second = keptVirtualFunctions(read, {}, { after: first.next, limit: 10 })

  expect([...first.items, ...second.items]).toEqual(read.virtualFunctions({}, WHOLE).items)
  expect([first.items.length, second.next]).toEqual([4, null])
})

test('a row that came after those that are kept were read is there too', async () => {
  const read = await threeHosts()
  const before = read.keptInventoryOf('host-a')
  const keptInventoryOf = () => ({ ...before, virtualFunctions: [] })

  const page = keptVirtualFunctions({ ...read, keptInventoryOf }, {}, WHOLE)

  expect(page).toEqual(read.virtualFunctions({}, WHOLE))
})

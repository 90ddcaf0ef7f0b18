/** A controller with chosen namespaces, over the API: asked for, shown, refused by name and given back. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dualController, FIRST, SECOND } from '../support/dual-controller.ts'
import { emulatedService } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import {
  assignmentOf,
  controllerAt,
  namespaceOf,
  succeeded,
  type Operation,
  type Schemas,
} from './steps.ts'

let service: EmulatedService
let controllerId: string
let nqn: string
beforeAll(async () => {
  const host = dualController([
    { nsid: 1, attachedTo: [1, 2] },
    { nsid: 2, attachedTo: [2] },
  ])
  service = await emulatedService({ host })
  const { id, subsystemNqn } = await controllerAt(service.api, FIRST)
  controllerId = id
  nqn = subsystemNqn
}, 60_000)
afterAll(() => service.stop(), 60_000)

test('a controller is handed over with the namespaces that were asked for, and gives them back', async () => {
  const { api } = service
  const given = await namespaceOf(api, nqn, 2)
  const body = { controllerId, consumer: 'vm', namespaceIds: [given.id] }

  await succeeded(api, await api.ok<Operation>('createAssignment', { body }))
  const assignment = await assignmentOf(api, controllerId)
  const attached = (await namespaceOf(api, nqn, 2)).attachedTo
  const path = { id: assignment.id }
  await succeeded(api, await api.ok<Operation>('releaseAssignment', { path, body: {} }))

  expect(assignment).toMatchObject({
    state: 'ready',
    namespaceIds: [given.id],
    before: {
      attachments: {
        given: [2],
        controllers: [1, 2],
        found: [
          { nsid: 2, shared: true, cntlids: [2] },
          { nsid: 1, shared: true, cntlids: [1, 2] },
        ],
      },
    },
  })
  expect(attached).not.toEqual(given.attachedTo)
  expect((await namespaceOf(api, nqn, 2)).attachedTo).toEqual(given.attachedTo)
  const over = await api.ok<Schemas['Assignment']>('getAssignment', { path })
  expect(over).toMatchObject({ state: 'released', namespaceIds: [] })
})

test('a namespace that is not there is refused by its field', async () => {
  const body = { controllerId, consumer: 'vm', namespaceIds: ['nobody'] }

  const { errors } = await service.api.no('createAssignment', { body }, 400, 'invalid')

  expect(errors?.map(({ field }) => field)).toEqual(['namespaceIds/0'])
})

test('a mount whose only path would go is refused by its check', async () => {
  const { api, machine } = service
  const [disk = ''] = (await namespaceOf(api, nqn, 2)).disks
  const unmount = machine.mount(disk, '/srv/somebody')
  const { id } = await controllerAt(api, SECOND)
  const body = { controllerId: id, consumer: 'vm', namespaceIds: [] }

  const { refusals, remedy } = await api.no('createAssignment', { body }, 409, 'guard')
  unmount()

  expect(refusals).toMatchObject([{ check: 'last-path', device: `/dev/${disk}` }])
  expect(remedy).toBeTruthy()
})

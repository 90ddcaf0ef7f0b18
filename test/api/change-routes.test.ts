/** Changing hardware over HTTP: what is accepted, and what is refused with which words. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Page } from './call.ts'
import { eventually } from '../support/eventually.ts'
import { emulatedService, PF, PLAIN } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import {
  assignmentOf,
  controllerAt,
  ended,
  namespaceOf,
  provisionedVfs,
  provisionOne,
  retire,
  succeeded,
} from './steps.ts'
import type { Operation, Schemas } from './steps.ts'

let service: EmulatedService
let pf: Schemas['Controller']
beforeAll(async () => {
  service = await emulatedService()
  pf = await controllerAt(service.api, PF)
}, 60_000)
afterAll(() => service.stop(), 60_000)

test('VFs are provisioned as asked, and their operation can be followed', async () => {
  const { api } = service
  const namespace = await namespaceOf(api, pf.subsystemNqn, 2)

  const answer = await api.send<Operation>('provisionVirtualFunctions', {
    path: { id: pf.id },
    body: {
      virtualFunctions: [
        { ioQueuePairs: 3, namespaceIds: [namespace.id] },
        { ioQueuePairs: 2, interruptVectors: 2, namespaceIds: [] },
      ],
    },
  })

  expect(answer.status).toBe(202)
  expect(answer.headers['location']).toBe(`/v1/operations/${answer.body.id}`)
  expect(answer.body.subject).toEqual({ kind: 'controller', id: pf.id })
  const operation = await succeeded(api, answer.body)
  expect(operation.progress.fraction).toBe(1)
  const vfs = await provisionedVfs(api, pf.id)
  expect(vfs.map(({ secondary }) => secondary).toSorted((a, b) => b.vq - a.vq)).toEqual([
    { state: 'online', vq: 4, vi: 4 },
    { state: 'online', vq: 3, vi: 2 },
  ])
  for (const { id } of vfs) await retire(api, id)
})

test('a VF goes to a consumer, comes back and is cleaned, or is freed by name', async () => {
  const { api } = service
  const vf = await provisionOne(api, pf.id)
  const body = { virtualFunctionId: vf.id, consumer: 'vm-1', accept: ['not-tenant-safe'] }

  await succeeded(api, await api.ok<Operation>('createAssignment', { body }))

  const ready = await assignmentOf(api, vf.id)
  expect(ready).toMatchObject({ state: 'ready', consumer: 'vm-1', actor: 'demo' })
  expect(ready.handOver?.vfioPath).toMatch(/^\/dev\/vfio\/\d+$/)
  expect(ready.before?.identity).toMatchObject({ address: vf.pciAddress })
  const path = { id: ready.id }
  expect(await api.ok('getAssignment', { path })).toEqual(ready)
  const again = await api.no('createAssignment', { body }, 409, 'wrong-state')
  expect(again.allowedFrom).toEqual(['provisioned'])
  await api.no('retireVirtualFunction', { path: { id: vf.id } }, 409, 'wrong-state')

  // No body at all: the default is to clean it.
  await succeeded(api, await api.ok<Operation>('releaseAssignment', { path }))
  expect(await api.ok('getAssignment', { path })).toMatchObject({
    state: 'released',
    before: { condition: { firmware: '7.2.22' } },
  })
  const events = await api.ok<Page<Schemas['Event']>>('listEvents', {})
  expect(events.items.map(({ type }) => type)).toContain('assignment.cleaned')

  await succeeded(api, await api.ok<Operation>('createAssignment', { body }))
  const { id } = await assignmentOf(api, vf.id)
  const both = { acceptUncleaned: true, cleaning: 'logical' }
  await api.no('releaseAssignment', { path: { id }, body: both }, 400, 'invalid')
  const logical = { path: { id }, query: { plan: 'true' }, body: { cleaning: 'logical' } }
  const { refusals } = await api.ok<Schemas['Plan']>('releaseAssignment', logical)
  expect(refusals).toMatchObject([{ step: 'record-namespaces', check: 'cannot-recreate' }])
  const accept = { path: { id }, body: { acceptUncleaned: true } }
  await succeeded(api, await api.ok<Operation>('releaseAssignment', accept))
  expect(await api.ok('getAssignment', { path: { id } })).toMatchObject({
    state: 'released',
  })
  const over = await api.no('releaseAssignment', { path, body: {} }, 409, 'wrong-state')
  expect(over).toMatchObject({ state: 'released' })
  await retire(api, vf.id)
})

test('an assignment that is not ready, and one that failed, are not released', async () => {
  const { api, machine } = service
  const { id: controllerId } = await controllerAt(api, PLAIN)
  const body = { controllerId, consumer: 'vm-4' }
  machine.faults.add({
    match: { call: 'write', path: '**/unbind' },
    times: 1,
    kind: { fault: 'never-returns' },
  })

  const operation = await api.ok<Operation>('createAssignment', { body })
  const path = { id: (await assignmentOf(api, controllerId)).id }
  const early = await api.no('releaseAssignment', { path, body: {} }, 409, 'wrong-state')
  await eventually('the unbind hangs', () => machine.faults.hanging()[0])
  machine.faults.release('without-effect')
  const { state } = await ended(api, operation)
  const late = await api.no('releaseAssignment', { path, body: {} }, 409, 'wrong-state')

  expect(['requested', 'preparing']).toContain(early.state)
  expect(early.allowedFrom).toEqual(['ready', 'restoring', 'lost', 'quarantined'])
  expect(state).toBe('undone')
  expect(late.state).toBe('failed')
})

test('a controller with a mounted namespace is not handed over, and the mount is named', async () => {
  const { api, machine } = service
  const plain = await controllerAt(api, PLAIN)
  const [disk = ''] = (await namespaceOf(api, plain.subsystemNqn, 1)).disks
  const unmount = machine.mount(disk, '/srv/somebody')
  const body = { controllerId: plain.id, consumer: 'vm-2' }

  const { refusals, remedy } = await api.no('createAssignment', { body }, 409, 'guard')
  unmount()

  expect(refusals?.map(({ check }) => check)).toContain('namespace-mounted')
  expect(JSON.stringify(refusals)).toContain('/srv/somebody')
  expect(remedy).toBeTruthy()
})

test('more than the pool has is refused with what there is', async () => {
  const virtualFunctions = Array.from({ length: 8 }, () => ({
    ioQueuePairs: 5,
    namespaceIds: [],
  }))

  const problem = await service.api.no(
    'provisionVirtualFunctions',
    { path: { id: pf.id }, body: { virtualFunctions } },
    507,
    'insufficient-resources'
  )

  expect(problem.available).toBeTypeOf('number')
})

test('the same key gives the same operation, with another request it is a conflict', async () => {
  const { api } = service
  const vf = await provisionOne(api, pf.id)
  const headers = { 'idempotency-key': 'retire-once' }
  const call = { path: { id: vf.id }, headers }

  const first = await api.ok<Operation>('retireVirtualFunction', call)
  const second = await api.ok<Operation>('retireVirtualFunction', call)

  expect(second.id).toBe(first.id)
  await ended(api, first)
  expect((await api.ok<Operation>('retireVirtualFunction', call)).id).toBe(first.id)
  const body = { controllerId: pf.id, consumer: 'vm-3' }
  await api.no('createAssignment', { body, headers }, 409, 'idempotency-conflict')
})

test('what is not there cannot be changed', async () => {
  const { api } = service
  const nobody = { path: { id: 'nobody' } }
  const virtualFunctions = [{ ioQueuePairs: 1, namespaceIds: [] }]

  await api.no(
    'provisionVirtualFunctions',
    { ...nobody, body: { virtualFunctions } },
    404,
    'not-found'
  )
  await api.no('retireVirtualFunction', nobody, 404, 'not-found')
  await api.no('releaseAssignment', { ...nobody, body: {} }, 404, 'not-found')
  await api.no('getAssignment', nobody, 404, 'not-found')
  for (const field of ['virtualFunctionId', 'controllerId']) {
    const body = { [field]: 'nobody', consumer: 'vm' }
    await api.no('createAssignment', { body }, 404, 'not-found')
  }
})

test('assignments are listed in pages', async () => {
  const page = await service.api.ok<Page<Schemas['Assignment']>>('listAssignments', {
    query: { limit: 1 },
  })

  expect(page.items).toHaveLength(1)
})

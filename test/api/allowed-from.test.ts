/** From which states what may be asked for: each 409 says so exactly, route by route. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Page } from './call.ts'
import { emulatedService, PF, PLAIN } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import { assignmentOf, controllerAt, ended, provisionOne, succeeded } from './steps.ts'
import type { Operation, Schemas } from './steps.ts'

const ALLOWED = {
  provision: ['available', 'divided'],
  declareVirtualFunctions: ['available', 'divided'],
  resizePrimary: ['available'],
  retire: ['provisioned', 'disabled', 'half-retired'],
  assignController: ['available', 'unbound'],
  assignVirtualFunction: ['provisioned'],
  release: ['ready', 'restoring', 'lost', 'quarantined'],
  releaseUncleaned: ['ready', 'restoring', 'lost', 'quarantined', 'abandoned'],
}
type Asked = keyof typeof ALLOWED

let service: EmulatedService
let pf: Schemas['Controller']
let plain: Schemas['Controller']
beforeAll(async () => {
  service = await emulatedService()
  pf = await controllerAt(service.api, PF)
  plain = await controllerAt(service.api, PLAIN)
}, 60_000)
afterAll(() => service.stop(), 60_000)

const one = { virtualFunctions: [{ ioQueuePairs: 1, namespaceIds: [] }] }

async function refused(asked: Asked, id: string, state: string): Promise<void> {
  const { api } = service
  const path = { id }
  const [operationId, call] = {
    provision: ['provisionVirtualFunctions', { path, body: one }],
    declareVirtualFunctions: [
      'declareVirtualFunctions',
      { path, body: { count: 1, vq: {}, vi: {} } },
    ],
    resizePrimary: ['resizePrimary', { path, body: { vq: 0, vi: 0 } }],
    retire: ['retireVirtualFunction', { path }],
    assignController: ['createAssignment', { body: { controllerId: id, consumer: 'vm' } }],
    assignVirtualFunction: [
      'createAssignment',
      { body: { virtualFunctionId: id, consumer: 'vm', accept: ['not-tenant-safe'] } },
    ],
    release: ['releaseAssignment', { path }],
    releaseUncleaned: ['releaseAssignment', { path, body: { acceptUncleaned: true } }],
  }[asked] as [string, object]

  const problem = await api.no(operationId, call, 409, 'wrong-state')

  expect(problem).toMatchObject({ id, state, allowedFrom: ALLOWED[asked] })
}

test('what is in the pool is neither assigned nor retired', async () => {
  const { api } = service
  const vf = await provisionOne(api, pf.id) // enables the others
  const { items } = await api.ok<Page<Schemas['VirtualFunction']>>('listVirtualFunctions')
  const pooled = items.find(({ provisioned }) => provisioned === null)
  const id = pooled?.id ?? ''

  expect(vf.id).not.toBe(id)
  await refused('assignVirtualFunction', id, 'pool')
  await refused('retire', id, 'pool')
}, 60_000)

test('a controller that is divided is not assigned, one that is assigned is not divided', async () => {
  const { api } = service
  const body = { controllerId: plain.id, consumer: 'vm' }
  await succeeded(api, await api.ok<Operation>('createAssignment', { body }))

  const whole = { body: { controllerId: pf.id, consumer: 'vm' } }
  const problem = await api.no('createAssignment', whole, 409, 'guard')

  expect(problem.refusals).toMatchObject([{ check: 'takes-down-secondary', device: PF }])
  await refused('assignController', plain.id, 'assigned')
  await refused('provision', plain.id, 'assigned')
  await refused('declareVirtualFunctions', plain.id, 'assigned')
  await refused('resizePrimary', plain.id, 'assigned')
}, 60_000)

test('a VF is asked for in the order of its life, and an assignment in that of its own', async () => {
  const { api } = service
  const vf = await provisionOne(api, pf.id)
  const body = { virtualFunctionId: vf.id, consumer: 'vm', accept: ['not-tenant-safe'] }
  await succeeded(api, await api.ok<Operation>('createAssignment', { body }))
  const { id } = await assignmentOf(api, vf.id)

  await refused('assignVirtualFunction', vf.id, 'assigned')
  await refused('retire', vf.id, 'assigned')

  // After the commit step it cannot go back, and the driver that it had is not to be had.
  const match = { call: 'write', path: '**/driver_override', text: '\n' } as const
  const takeBack = service.machine.faults.add({
    match,
    kind: { fault: 'errno', errno: 'EIO' },
  })
  const release = await api.ok<Operation>('releaseAssignment', { path: { id } })
  expect(await ended(api, release)).toMatchObject({ state: 'stuck' })
  takeBack()
  await refused('assignVirtualFunction', vf.id, 'quarantined')
  await refused('retire', vf.id, 'quarantined')

  const accept = { path: { id }, body: { acceptUncleaned: true } }
  await succeeded(api, await api.ok<Operation>('releaseAssignment', accept))
  await refused('release', id, 'released')
  await refused('releaseUncleaned', id, 'released')
}, 60_000)

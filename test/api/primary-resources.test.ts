/** Resources of a primary's own over HTTP, on a drive that is delivered with everything at its primary. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { labWith } from '../support/lab-with.ts'
import { emulatedService, PF, PLAIN } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import { controllerAt, provisionOne, retire, succeeded } from './steps.ts'
import type { Operation } from './steps.ts'

let service: EmulatedService
let id: string
beforeAll(async () => {
  service = await emulatedService({ host: labWith('pm1733') })
  id = (await controllerAt(service.api, PF)).id
}, 60_000)
afterAll(() => service.stop(), 60_000)

const resize = (vq: number, vi: number) => ({ path: { id }, body: { vq, vi } })

async function pools() {
  const { sriov } = await controllerAt(service.api, PF)
  const { vq, vi } = sriov ?? {}
  return {
    primary: [vq?.primary, vi?.primary],
    free: [vq?.free, vi?.free],
    pendingReset: [vq?.pendingReset, vi?.pendingReset],
  }
}

test('provisioning says that the primary has what it lacks, and how to release it', async () => {
  const virtualFunctions = [{ ioQueuePairs: 2, namespaceIds: [] }]

  const problem = await service.api.no(
    'provisionVirtualFunctions',
    { path: { id }, body: { virtualFunctions } },
    507,
    'insufficient-resources'
  )

  expect(problem).toMatchObject({ available: 0, heldByPrimary: 32 })
  expect(problem.detail).toContain('its primary has 32 for itself')
  expect(problem.remedy).toContain('/primaryResources')
})

test('a primary releases what it has, and VFs are provisioned of it', async () => {
  const { api } = service
  const before = await pools()

  const answer = await api.send<Operation>('resizePrimary', resize(0, 0))

  expect(answer.status).toBe(202)
  expect(answer.headers['location']).toBe(`/v1/operations/${answer.body.id}`)
  expect(answer.body).toMatchObject({
    workflow: 'resize-primary',
    subject: { kind: 'controller', id },
  })
  await succeeded(api, answer.body)
  expect(before).toEqual({ primary: [32, 24], free: [0, 0], pendingReset: [null, null] })
  expect(await pools()).toEqual({
    primary: [0, 0],
    free: [32, 24],
    pendingReset: [null, null],
  })
  await retire(api, (await provisionOne(api, id)).id)
})

test('what was allocated and waits for its reset is shown as such', async () => {
  const { api, machine } = service
  machine.faults.add({
    match: { call: 'write', path: '**/reset' },
    times: 1,
    kind: { fault: 'never-returns' },
  })

  const operation = await api.ok<Operation>('resizePrimary', resize(4, 2))
  const { state } = await api.ok<Operation>('waitForOperation', {
    path: { id: operation.id },
    query: { timeoutSeconds: 1 },
  })
  const waiting = await pools()
  machine.faults.release('with-effect')
  await succeeded(api, operation)

  expect(['running', 'blocked']).toContain(state)
  expect(waiting).toMatchObject({ primary: [0, 0], pendingReset: [4, 2] })
  expect(await pools()).toMatchObject({ primary: [4, 2], pendingReset: [null, null] })
  await succeeded(api, await api.ok<Operation>('resizePrimary', resize(0, 0)))
})

test.for([
  [33, 0, { resource: undefined, requested: 33, available: 32 }],
  [0, 25, { requested: 25, available: 24 }],
] as const)('%i VQ and %i VI are more than there are', async ([vq, vi, what]) => {
  const call = resize(vq, vi)

  const problem = await service.api.no('resizePrimary', call, 507, 'insufficient-resources')

  expect(problem).toMatchObject({ requested: what.requested, available: what.available })
})

test('while a VF is provisioned the refusal names it and its tenant', async () => {
  const { api } = service
  const vf = await provisionOne(api, id)

  const { refusals } = await api.no('resizePrimary', resize(4, 2), 409, 'guard')
  await retire(api, vf.id)

  expect(refusals).toMatchObject([{ check: 'takes-down-secondary', device: PF }])
  expect(refusals?.[0]?.reason).toContain(`VF ${vf.vfNumber}`)
  expect(refusals?.[0]?.reason).toContain('provisioned for tenant')
})

test('a controller without SR-IOV, and one that is not there, are refused', async () => {
  const { api } = service
  const plain = await controllerAt(api, PLAIN)
  const body = { vq: 0, vi: 0 }

  const problem = await api.no(
    'resizePrimary',
    { path: { id: plain.id }, body },
    409,
    'guard'
  )
  await api.no('resizePrimary', { path: { id: 'nobody' }, body }, 404, 'not-found')

  expect(problem.refusals).toMatchObject([{ check: 'not-a-primary', device: PLAIN }])
})

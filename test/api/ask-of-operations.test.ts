/** Cancelling and retrying operations over HTTP. Each test leaves the drives as it found them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import type { Page } from './call.ts'
import { emulatedService, PF, PLAIN } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import { assignmentOf, controllerAt, ended, provisionOne, retire } from './steps.ts'
import type { Operation, Schemas } from './steps.ts'

let service: EmulatedService
beforeAll(async () => {
  service = await emulatedService({ callDeadlineMs: 300 })
}, 60_000)
afterAll(() => service.stop(), 60_000)

const EIO = { fault: 'errno', errno: 'EIO' } as const
const NEVER = { fault: 'never-returns' } as const

/** A VF whose reset does not come back, and another provisioning that waits for it. */
async function blockedAndWaiting() {
  const { api, machine } = service
  const { id } = await controllerAt(api, PF)
  const { id: fault } = machine.faults.arm({
    match: { call: 'write', path: '**/reset' },
    times: 1,
    kind: NEVER,
  })
  const body = { virtualFunctions: [{ ioQueuePairs: 1, namespaceIds: [] }] }
  const blocked = await api.ok<Operation>('provisionVirtualFunctions', {
    path: { id },
    body,
  })
  return {
    controllerId: id,
    blocked,
    release: () => machine.faults.takeBack(fault, 'with-effect'),
  }
}

function until(id: string, isThere: (operation: Operation) => boolean): Promise<Operation> {
  return eventually(
    `operation ${id}`,
    async () => {
      const operation = await service.api.ok<Operation>('getOperation', { path: { id } })
      return isThere(operation) ? operation : undefined
    },
    30_000
  )
}

test('one that is blocked in the kernel says so, and is undone when the call has come back', async () => {
  const { api, machine } = service
  const found = machine.snapshot()
  const { blocked, release } = await blockedAndWaiting()
  const path = { id: blocked.id }
  const before = await until(blocked.id, ({ state }) => state === 'blocked')

  const answer = await api.send<Operation>('cancelOperation', { path })
  const again = await api.ok<Operation>('cancelOperation', { path, body: {} })
  const shown = await until(blocked.id, ({ state }) => state === 'blocked')
  release()
  const end = await ended(api, shown)

  expect(before).toMatchObject({ cancelRequest: null, allowed: ['cancel'] })
  expect(answer.status).toBe(202)
  expect(answer.headers['location']).toBe(`/v1/operations/${blocked.id}`)
  expect(again.id).toBe(blocked.id)
  expect(shown.cancelRequest).toMatchObject({ actor: 'demo', waitsFor: 'blocked-call' })
  expect(end).toMatchObject({
    state: 'undone',
    allowed: [],
    cancelRequest: { waitsFor: null },
    error: { message: 'cancelled by demo' },
  })
  expect(machine.snapshot()).toEqual(found)
  const { items } = await api.ok<Page<Schemas['Event']>>('listEvents', {
    query: { limit: 1000 },
  })
  const told = items.filter(({ operationId }) => operationId === blocked.id)
  expect(told.filter(({ type }) => type === 'operation.cancel-requested')).toMatchObject([
    { actor: 'demo', subject: { kind: 'operation', id: blocked.id } },
  ])
}, 60_000)

test('one that waits for another is out of the line at once', async () => {
  const { api } = service
  const { controllerId, blocked, release } = await blockedAndWaiting()
  const body = { virtualFunctions: [{ ioQueuePairs: 1, namespaceIds: [] }] }
  const path = { id: controllerId }
  const waiting = await api.ok<Operation>('provisionVirtualFunctions', { path, body })
  const before = await until(waiting.id, ({ waitsFor }) => waitsFor.length > 0)

  await api.ok('cancelOperation', { path: { id: waiting.id } })
  const end = await until(waiting.id, ({ state }) => state === 'undone')

  expect(before.state).toBe('waiting')
  expect(end.error?.message).toBe('cancelled by demo')
  await api.ok('cancelOperation', { path: { id: blocked.id } })
  release()
  await until(blocked.id, ({ state }) => state === 'undone')
}, 60_000)

test('from the commit step on, and when it has ended, it is 409 with the states from which it can be', async () => {
  const { api, machine } = service
  const { id } = await controllerAt(api, PF)
  const vf = await provisionOne(api, id)
  const { id: fault } = machine.faults.arm({
    match: { call: 'write', path: '**/sriov_numvfs' },
    times: 1,
    kind: NEVER,
  })
  const path = { id: vf.id }
  const { id: retiring } = await api.ok<Operation>('retireVirtualFunction', { path })
  await until(retiring, ({ state }) => state === 'blocked')

  const committed = await api.no(
    'cancelOperation',
    { path: { id: retiring } },
    409,
    'wrong-state'
  )
  machine.faults.takeBack(fault, 'with-effect')
  const end = await ended(api, await until(retiring, () => true))
  const over = await api.no(
    'cancelOperation',
    { path: { id: retiring } },
    409,
    'wrong-state'
  )

  const allowedFrom = ['waiting', 'running', 'blocked']
  expect(committed).toMatchObject({ state: 'committed', allowedFrom })
  expect(committed.remedy).toContain('only goes forward')
  expect(end.state).toBe('succeeded')
  expect(over).toMatchObject({ state: 'succeeded', allowedFrom })
}, 60_000)

test('a retirement that is stuck goes on when it is tried again; one that ended is not tried', async () => {
  const { api, machine } = service
  const found = machine.snapshot()
  const { id } = await controllerAt(api, PF)
  const vf = await provisionOne(api, id)
  const { id: fault } = machine.faults.arm({
    match: { call: 'write', path: '**/sriov_numvfs' },
    kind: EIO,
  })
  const started = await api.ok<Operation>('retireVirtualFunction', { path: { id: vf.id } })
  const stuck = await ended(api, started)
  const path = { id: stuck.id }
  const running = await api.no('cancelOperation', { path }, 409, 'wrong-state')
  machine.faults.takeBack(fault, 'with-effect')
  const headers = { 'idempotency-key': 'again' }

  const first = await api.send<Operation>('retryOperation', { path, headers })
  const same = await api.send<Operation>('retryOperation', { path, headers })
  const end = await ended(api, first.body)
  const afterwards = await api.send<Operation>('retryOperation', { path, headers })
  await api.no('cancelOperation', { path, headers }, 409, 'idempotency-conflict')
  const over = await api.no('retryOperation', { path }, 409, 'wrong-state')

  expect(stuck).toMatchObject({ state: 'stuck', allowed: ['retry'] })
  expect(running).toMatchObject({ state: 'stuck' })
  expect([first, same, afterwards].map(({ status }) => status)).toEqual([202, 202, 202])
  expect([same, afterwards].map(({ body }) => body.id)).toEqual([stuck.id, stuck.id])
  expect(first.headers['location']).toBe(`/v1/operations/${stuck.id}`)
  expect(end.state).toBe('succeeded')
  expect(over).toMatchObject({ state: 'succeeded', allowedFrom: ['stuck'] })
  expect(machine.snapshot()).toEqual(found)
}, 60_000)

test('one that was undone is asked for anew, and the refusal says so', async () => {
  const { api, machine } = service
  const { id: controllerId } = await controllerAt(api, PLAIN)
  machine.faults.arm({ match: { path: '**/unbind' }, times: 1, kind: EIO })
  const body = { controllerId, consumer: 'vm' }
  const undone = await ended(api, await api.ok<Operation>('createAssignment', { body }))
  const path = { id: undone.id }

  const problem = await api.no('retryOperation', { path }, 409, 'wrong-state')

  expect(undone.state).toBe('undone')
  expect(problem).toMatchObject({ state: 'undone', allowedFrom: ['stuck'] })
  expect(problem.remedy).toContain('make a new request')
}, 60_000)

test('one whose functions others have had since is refused as a guard refuses', async () => {
  const { api, machine } = service
  const { id: controllerId } = await controllerAt(api, PLAIN)
  const faults = ['**/drivers_probe', '**/bind'].map((path) =>
    machine.faults.arm({ match: { path, address: PLAIN }, kind: EIO })
  )
  const body = { controllerId, consumer: 'vm' }
  const stuck = await ended(api, await api.ok<Operation>('createAssignment', { body }))
  for (const { id } of faults) machine.faults.takeBack(id, 'with-effect')
  const { id } = await assignmentOf(api, controllerId)
  const accept = { path: { id }, body: { acceptUncleaned: true } }
  await ended(api, await api.ok<Operation>('releaseAssignment', accept))

  const problem = await api.no('retryOperation', { path: { id: stuck.id } }, 409, 'guard')

  expect(stuck.state).toBe('stuck')
  expect(problem.refusals).toMatchObject([{ check: 'operation-overtaken' }])
}, 60_000)

test.for(['cancelOperation', 'retryOperation'])(
  '%s of nobody is 404, and of a body with anything in it 400 by its field',
  async (id) => {
    const { api } = service
    const nobody = { path: { id: 'nobody' } }

    await api.no(id, nobody, 404, 'not-found')
    const unknown = await api.no(id, { ...nobody, body: { force: true } }, 400, 'invalid')
    const list = await api.no(id, { ...nobody, body: [] }, 400, 'invalid')
    const foreign = { ...nobody, headers: { origin: 'http://evil.example' } }
    await api.no(id, foreign, 403, 'forbidden')
    const key = { ...nobody, headers: { 'idempotency-key': 'ü' } }
    const badKey = await api.no(id, key, 400, 'invalid')

    expect(unknown.errors).toMatchObject([{ field: 'force' }])
    expect(list.errors).toMatchObject([{ field: 'body' }])
    expect(badKey.errors?.[0]?.field.toLowerCase()).toContain('idempotency-key')
  }
)

test('what runs says how far it is, by steps', async () => {
  const { api } = service
  const { id } = await controllerAt(api, PF)
  const vf = await provisionOne(api, id)
  const retired = await retire(api, vf.id)

  expect(retired.progress).toEqual({
    stepsDone: retired.steps.length,
    stepsTotal: retired.steps.length,
    fraction: 1,
  })
  expect(retired.steps.every(({ progress }) => progress === null)).toBe(true)
}, 60_000)

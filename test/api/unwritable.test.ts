/** While the database cannot be written: what is asked for is not begun, and the answer says what to do. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { StoreError, type StoreProblem } from '../../src/store/store-error.ts'
import { emulatedService, PF, PLAIN } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import { controllerAt } from './steps.ts'

let service: EmulatedService
beforeAll(async () => {
  service = await emulatedService()
}, 60_000)
afterAll(() => service.stop(), 60_000)

function refuseAll({ store }: EmulatedService, problem: StoreProblem): void {
  const { commit } = store
  const refuse = () => Promise.reject(new StoreError('writing a transaction', problem))
  Object.assign(store, { commit: refuse })
  onTestFinished(() => void Object.assign(store, { commit }))
}

const UNWRITABLE = [
  { kind: 'unwritable', code: 'SQLITE_FULL' },
  { kind: 'writer-ended' },
] as const

test.for(UNWRITABLE)('a database that is %o is 503, with what to do', async (problem) => {
  const { api } = service
  const { id: controllerId } = await controllerAt(api, PLAIN)
  const path = { id: (await controllerAt(api, PF)).id }
  const asked = { body: { controllerId, consumer: 'vm' } }
  refuseAll(service, problem)

  const answers = [
    await api.send('createAssignment', asked),
    await api.send('createAssignment', { ...asked, query: { plan: 'true' } }),
    await api.send('resizePrimary', { path, body: { vq: 2, vi: 0 } }),
  ]

  for (const { status, headers, body } of answers) {
    expect(status).toBe(503)
    expect(headers['content-type']).toContain('application/problem+json')
    expect(Number(headers['retry-after'])).toBeGreaterThan(0)
    expect(body).toMatchObject({
      type: 'urn:nvirt:problem:not-durable',
      remedy: expect.stringContaining('Idempotency-Key') as string,
    })
  }
})

test('a row that the database refuses for itself is a bug', async () => {
  const { api } = service
  const { id: controllerId } = await controllerAt(api, PLAIN)
  refuseAll(service, { kind: 'refused' })

  await api.no('createAssignment', { body: { controllerId, consumer: 'vm' } }, 500, 'bug')
})

test('what was answered so has not been begun, and can be once it is mended', async () => {
  const { api } = service
  const { id: controllerId } = await controllerAt(api, PLAIN)
  const asked = {
    body: { controllerId, consumer: 'vm' },
    headers: { 'idempotency-key': 'one' },
  }
  const { commit } = service.store
  const problem = { kind: 'unwritable', code: 'SQLITE_IOERR_WRITE' } as const
  Object.assign(service.store, {
    commit: () => Promise.reject(new StoreError('writing', problem)),
  })

  const refused = await api.send('createAssignment', asked)
  Object.assign(service.store, { commit })
  const accepted = await api.send('createAssignment', asked)

  expect([refused.status, accepted.status]).toEqual([503, 202])
})

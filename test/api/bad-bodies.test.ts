/** Bodies are strict: what is wrong is refused by name, and nothing is dropped or guessed. Nor is anything a 500: fuzz.test.ts. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { emulatedService, PF } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import { controllerAt } from './steps.ts'

let service: EmulatedService
let controllerId: string
beforeAll(async () => {
  service = await emulatedService()
  controllerId = (await controllerAt(service.api, PF)).id
}, 60_000)
afterAll(() => service.stop(), 60_000)

const vf = { ioQueuePairs: 1, namespaceIds: [] }

const BAD_PROVISIONS: readonly (readonly [unknown, string])[] = [
  [{}, 'virtualFunctions'],
  [[], 'body'],
  ['text', 'body'],
  [{ virtualFunctions: [] }, 'virtualFunctions'],
  [{ virtualFunctions: 1 }, 'virtualFunctions'],
  [{ virtualFunctions: [{ ioQueuePairs: 1 }] }, 'virtualFunctions[0].namespaceIds'],
  [{ virtualFunctions: [{ ...vf, ioQueuePairs: 0 }] }, 'virtualFunctions[0].ioQueuePairs'],
  [
    { virtualFunctions: [{ ...vf, ioQueuePairs: '3' }] },
    'virtualFunctions[0].ioQueuePairs',
  ],
  [
    { virtualFunctions: [{ ...vf, ioQueuePairs: 1.5 }] },
    'virtualFunctions[0].ioQueuePairs',
  ],
  [
    { virtualFunctions: [vf, { ...vf, namespaceIds: [7] }] },
    'virtualFunctions[1].namespaceIds[0]',
  ],
  [{ virtualFunctions: [{ ...vf, colour: 'red' }] }, 'virtualFunctions[0].colour'],
  [{ virtualFunctions: [vf], driver: 'vfio-pci' }, 'driver'],
  [{ virtualFunctions: [vf], plan: true }, 'plan'],
]

test('a provisioning that is not one is refused by its field', async () => {
  for (const [body, field] of BAD_PROVISIONS) {
    const call = { path: { id: controllerId }, body }
    const { errors } = await service.api.no(
      'provisionVirtualFunctions',
      call,
      400,
      'invalid'
    )
    expect(
      errors?.map((error) => error.field),
      JSON.stringify(body)
    ).toContain(field)
  }
})

const BAD_RESIZES: readonly (readonly [unknown, string])[] = [
  [{}, 'vq'],
  [{ vq: 4 }, 'vi'],
  [{ vq: -1, vi: 0 }, 'vq'],
  [{ vq: 0, vi: 65_536 }, 'vi'],
  [{ vq: 1.5, vi: 0 }, 'vq'],
  [{ vq: '4', vi: 0 }, 'vq'],
  [{ vq: 4, vi: 0, force: true }, 'force'],
]

test('resources of a primary that are none are refused by their field', async () => {
  for (const [body, field] of BAD_RESIZES) {
    const call = { path: { id: controllerId }, body }
    const { errors } = await service.api.no('resizePrimary', call, 400, 'invalid')
    expect(
      errors?.map((error) => error.field),
      JSON.stringify(body)
    ).toContain(field)
  }
})

const declared = { count: 2, vq: { each: 2 }, vi: {} }
const BAD_POLICIES: readonly (readonly [unknown, string])[] = [
  [{}, 'count'],
  [{ count: 2, vq: {} }, 'vi'],
  [{ ...declared, count: -1 }, 'count'],
  [{ ...declared, count: 1.5 }, 'count'],
  [{ ...declared, count: '2' }, 'count'],
  [{ ...declared, vq: 3 }, 'vq'],
  [{ ...declared, vq: { each: 0 } }, 'vq.each'],
  [{ ...declared, vq: { weights: [1, 0] } }, 'vq.weights[1]'],
  [{ ...declared, vq: { weights: [1, 1_001] } }, 'vq.weights[1]'],
  [{ ...declared, vq: { share: 1 } }, 'vq.share'],
  [{ ...declared, vi: { minimum: 65_536 } }, 'vi.minimum'],
  [{ ...declared, namespaceIds: ['a'] }, 'namespaceIds[0]'],
  [{ ...declared, namespaceIds: [[7]] }, 'namespaceIds[0][0]'],
  [{ ...declared, driver: 'vfio-pci' }, 'driver'],
  [{ ...declared, force: true }, 'force'],
  // What the form does not say.
  [{ ...declared, vq: { each: 2, maximum: 4 } }, 'vq.each'],
  [{ ...declared, vi: { weights: [1] } }, 'vi.weights'],
  [{ ...declared, vi: { minimum: 3, maximum: 2 } }, 'vi.minimum'],
  [{ ...declared, namespaceIds: [[], [], []] }, 'namespaceIds'],
  [{ ...declared, namespaceIds: [[], ['nobody']] }, 'namespaceIds[1][0]'],
  [{ ...declared, vq: { each: 1 } }, 'vq'],
]

test('a declaration that is none is refused by its field', async () => {
  for (const [body, field] of BAD_POLICIES) {
    const call = { path: { id: controllerId }, body }
    const { errors } = await service.api.no('declareVirtualFunctions', call, 400, 'invalid')
    expect(
      errors?.map((error) => error.field),
      JSON.stringify(body)
    ).toContain(field)
  }
})

const BAD_ASSIGNMENTS: readonly (readonly [unknown, string])[] = [
  [{}, 'consumer'],
  [{ virtualFunctionId: 'a' }, 'consumer'],
  [{ virtualFunctionId: 'a', consumer: '' }, 'consumer'],
  [{ virtualFunctionId: 'a', consumer: 'x'.repeat(201) }, 'consumer'],
  [{ virtualFunctionId: 1, consumer: 'vm' }, 'virtualFunctionId'],
  [{ virtualFunctionId: 'a', consumer: 'vm', force: true }, 'force'],
  [{ virtualFunctionId: 'a', consumer: 'vm', accept: ['namespace-mounted'] }, 'accept[0]'],
  [{ virtualFunctionId: 'a', consumer: 'vm', accept: 'not-tenant-safe' }, 'accept'],
  [{ controllerId: 'a', consumer: 'vm', namespaceIds: 'b' }, 'namespaceIds'],
  [{ controllerId: 'a', consumer: 'vm', namespaceIds: [1] }, 'namespaceIds[0]'],
  [{ controllerId: 'a', consumer: 'vm', namespaceIds: ['b', 'b'] }, 'namespaceIds'],
]

test('an assignment that is not one is refused by its field', async () => {
  for (const [body, field] of BAD_ASSIGNMENTS) {
    const { errors } = await service.api.no('createAssignment', { body }, 400, 'invalid')
    expect(
      errors?.map((error) => error.field),
      JSON.stringify(body)
    ).toContain(field)
  }
})

test('an assignment names a VF or a controller, exactly one', async () => {
  const neither = { consumer: 'vm' }
  const both = { consumer: 'vm', controllerId, virtualFunctionId: 'a' }

  for (const body of [neither, both]) {
    const { errors } = await service.api.no('createAssignment', { body }, 400, 'invalid')
    expect(errors?.length).toBeGreaterThan(0)
  }
})

test('a release takes a flag, and a way of cleaning that has a name', async () => {
  const path = { id: 'a' }
  for (const [body, field] of [
    [{ acceptUncleaned: 'yes' }, 'acceptUncleaned'],
    [{ cleaning: 'sanitize' }, 'cleaning'],
    [{ cleaning: true }, 'cleaning'],
    [{ force: true }, 'force'],
    [[], 'body'],
  ] as const) {
    const { errors } = await service.api.no(
      'releaseAssignment',
      { path, body },
      400,
      'invalid'
    )
    expect(errors?.map((error) => error.field)).toContain(field)
  }
})

test.for(['', 'with space', 'x'.repeat(201), 'ü'])(
  'the Idempotency-Key %j is refused',
  async (key) => {
    const headers = { 'idempotency-key': Buffer.from(key).toString('latin1') }
    const call = { path: { id: 'a' }, headers }

    const { errors } = await service.api.no('retireVirtualFunction', call, 400, 'invalid')

    expect(errors?.map(({ field }) => field)).toContain('idempotency-key')
  }
)

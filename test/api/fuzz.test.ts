/**
 * Whatever is sent, nothing is a 500, and each answer is one that the document promises. What is sent is made of what is
 * really there: ids of the demo fleet's own, so that good requests get as far as the hardware.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { atSize } from '../support/test-size.ts'
import type { Call, Page } from './call.ts'
import { emulatedService, PF, PLAIN } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import { controllerAt, provisionOne, succeeded } from './steps.ts'
import type { Operation } from './steps.ts'

const RUNS = atSize({ normal: 100, full: 2_000 })

let service: EmulatedService
/** Of every kind: an id of the wrong kind is a good try too. */
let ids: readonly string[]
let [hostId, pfId, plainId]: readonly string[] = []
beforeAll(async () => {
  service = await emulatedService()
  const { api } = service
  const pf = await controllerAt(api, PF)
  const plain = await controllerAt(api, PLAIN)
  ;[hostId, pfId, plainId] = [pf.hostId, pf.id, plain.id]
  const vf = await provisionOne(api, pf.id)
  const body = { virtualFunctionId: vf.id, consumer: 'vm', accept: ['not-tenant-safe'] }
  await succeeded(api, await api.ok<Operation>('createAssignment', { body }))
  ids = (
    await Promise.all(
      [
        'listHosts',
        'listControllers',
        'listVirtualFunctions',
        'listNamespaces',
        'listAssignments',
        'listOperations',
      ].map((list) => api.ok<Page<{ id: string }>>(list))
    )
  ).flatMap(({ items }) => items.map(({ id }) => id))
}, 60_000)
afterAll(() => service.stop(), 60_000)

const realId = () => fc.constantFrom(...ids)
const anyId = () =>
  fc.oneof(
    { weight: 6, arbitrary: realId() },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 120 }) },
    { weight: 1, arbitrary: fc.constantFrom('nobody', '..', '%', '%00', '__proto__') }
  )
const junk = () => fc.oneof(fc.object(), fc.jsonValue(), fc.constant(undefined))
const mostly = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 5, arbitrary }, { weight: 1, arbitrary: junk() })
const count = () =>
  fc.oneof(
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: -1, max: 70_000 }),
    fc.double()
  )

const provision = () =>
  fc.record(
    {
      virtualFunctions: fc.array(
        fc.record(
          {
            ioQueuePairs: count(),
            interruptVectors: count(),
            namespaceIds: fc.array(anyId(), { maxLength: 4 }),
          },
          { requiredKeys: ['ioQueuePairs', 'namespaceIds'] }
        ),
        { maxLength: 10 }
      ),
      driver: fc.constantFrom('none', 'nvme', 'vfio-pci'),
    },
    { requiredKeys: ['virtualFunctions'] }
  )
const resize = () => fc.record({ vq: count(), vi: count() })
const sharing = () =>
  fc.record(
    {
      each: count(),
      weights: fc.array(count(), { maxLength: 4 }),
      minimum: count(),
      maximum: count(),
    },
    { requiredKeys: [] }
  )
const declare = () =>
  fc.record(
    {
      count: fc.oneof(fc.nat(4), count()),
      vq: sharing(),
      vi: sharing(),
      namespaceIds: fc.array(fc.array(anyId(), { maxLength: 2 }), { maxLength: 3 }),
      driver: fc.constantFrom('none', 'nvme', 'vfio-pci'),
    },
    { requiredKeys: ['count', 'vq', 'vi'] }
  )
const assign = () =>
  fc.record(
    { virtualFunctionId: anyId(), controllerId: anyId(), consumer: fc.string() },
    { requiredKeys: [] }
  )
const release = () => fc.record({ acceptUncleaned: fc.boolean() }, { requiredKeys: [] })

/** An operation and what it is called with. */
type Sent = readonly [id: string, call: Call]

const sent = (id: string, body: fc.Arbitrary<unknown> = fc.constant(undefined)) =>
  fc.tuple(fc.constant(id), fc.record({ path: fc.record({ id: anyId() }), body }))

async function statusesOf(requests: fc.Arbitrary<Sent>, examples: readonly Sent[]) {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(requests, async ([id, call]) => {
      const { status } = await service.api.send(id, call)
      seen.add(`${id} ${status}`)
      expect(status).not.toBe(500)
    }),
    // Each changes what is there: a shorter row of them would not fail as the long one did.
    { numRuns: RUNS, endOnFailure: true, examples: examples.map((one) => [one]) }
  )
  return seen
}

test('no change that may be asked for is a 500', async () => {
  const requests = fc.oneof(
    sent('provisionVirtualFunctions', mostly(provision())),
    sent('resizePrimary', mostly(resize())),
    sent('declareVirtualFunctions', mostly(declare())),
    sent('undeclareVirtualFunctions'),
    sent('createAssignment', mostly(assign())),
    sent('releaseAssignment', mostly(release())),
    sent('retireVirtualFunction'),
    sent('rescanHost')
  )
  const one = {
    virtualFunctions: [{ ioQueuePairs: 1, interruptVectors: 2, namespaceIds: [] }],
  }

  const seen = await statusesOf(requests, [
    ['provisionVirtualFunctions', { path: { id: pfId ?? '' }, body: one }],
    ['createAssignment', { body: { controllerId: plainId, consumer: 'vm' } }],
    ['rescanHost', { path: { id: hostId ?? '' } }],
    [
      'declareVirtualFunctions',
      { path: { id: pfId ?? '' }, body: { count: 2, vq: {}, vi: { each: 2 } } },
    ],
    ['undeclareVirtualFunctions', { path: { id: pfId ?? '' } }],
    ['releaseAssignment', { path: { id: 'nobody' }, body: { force: true } }],
  ])

  expect([...seen], 'what is good gets through, what is bad does not').toEqual(
    expect.arrayContaining([
      'provisionVirtualFunctions 202',
      'createAssignment 202',
      'rescanHost 200',
      'declareVirtualFunctions 200',
      'undeclareVirtualFunctions 200',
      'releaseAssignment 400',
    ])
  )
}, 120_000)

test('no id is a 500', async () => {
  const reads = [
    'getHost',
    'getController',
    'getVirtualFunctionPolicy',
    'getVirtualFunction',
    'getNamespace',
    'getAssignment',
    'getOperation',
  ]

  const seen = await statusesOf(fc.oneof(...reads.map((id) => sent(id))), [
    ['getHost', { path: { id: hostId ?? '' } }],
    ['getHost', { path: { id: pfId ?? '' } }],
  ])

  expect([...seen]).toEqual(expect.arrayContaining(['getHost 200', 'getHost 404']))
}, 60_000)

test('no query is a 500', async () => {
  const lists = ['listVirtualFunctions', 'listOperations', 'listEvents', 'listAssignments']
  const known = fc.constantFrom('limit', 'cursor', 'after', 'state', 'hostId', '__proto__')
  const value = fc.oneof(fc.string(), fc.nat(), realId())
  const query = fc.dictionary(fc.oneof(known, fc.string()), value)
  const requests = fc.tuple(fc.constantFrom(...lists), fc.record({ query }))

  const seen = await statusesOf(requests, [
    ['listEvents', { query: { after: 1, limit: 1 } }],
    ['listEvents', { query: { after: -1 } }],
  ])

  expect([...seen]).toEqual(expect.arrayContaining(['listEvents 200', 'listEvents 400']))
}, 60_000)

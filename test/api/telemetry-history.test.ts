import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HistoryView, PinView } from '../../src/telemetry/history/telemetry-history.ts'
import { eventually } from '../support/eventually.ts'
import { emulatedService, type EmulatedService } from './emulated-service.ts'
import type { Page } from './call.ts'

let service: EmulatedService
let controllers: readonly { readonly id: string; readonly hostId: string }[] = []

beforeAll(async () => {
  service = await emulatedService()
  controllers = (
    await service.api.ok<Page<(typeof controllers)[number]>>('listControllers')
  ).items
})
afterAll(() => service.stop())

const first = () => controllers[0]?.id ?? ''
const history = (query: Record<string, unknown>) =>
  service.api.ok<HistoryView>('getTelemetryHistory', { query })

test('of a controller that nobody has looked at there is nothing, and that is said', async () => {
  const id = controllers[1]?.id ?? ''
  const view = await history({ scope: 'controller', id })

  expect(view).toMatchObject({
    scope: 'controller',
    id,
    qid: null,
    sources: [],
    latency: null,
  })
  expect([view.steps, view.stepSeconds]).toSatisfy(
    ([steps, seconds]) => steps * seconds >= 900 && steps <= 301
  )
  expect(view.metrics.map(({ metric }) => metric)).toContain('readBytesPerSecond')
  for (const { mean } of view.metrics) {
    expect(mean.length).toBe(view.steps)
    expect(new Set(mean)).toEqual(new Set([null]))
  }
})

test('a pinned function is kept with its queues, and after a restart as well', async () => {
  const id = first()
  const path = { id }
  expect(await service.api.ok<PinView>('pinTelemetry', { path })).toEqual({
    functionId: id,
    pinned: true,
  })
  await service.api.ok('pinTelemetry', { path })
  const kept = (query: Record<string, unknown>) =>
    eventually(`history of ${JSON.stringify(query)}`, async () => {
      const view = await history(query)
      return view.sources.length > 0 ? view : undefined
    })
  const query = { scope: 'queue', id, qid: 1, metrics: 'inFlight', stepSeconds: 1 }
  const queue = await kept(query)
  expect(queue.sources).toMatchObject([{ kept: 'memory' }])
  expect(queue.metrics.map(({ metric }) => metric)).toEqual(['inFlight'])
  await kept({ scope: 'controller', id })
  expect(
    (await history({ scope: 'controller', id, metrics: 'latency' })).latency
  ).toMatchObject({
    boundsMicroseconds: expect.arrayContaining([1, 1024]) as unknown,
  })

  service = await service.restarted()

  const { items } = await service.api.ok<Page<PinView>>('listTelemetryPins')
  expect(items).toEqual([{ functionId: id, pinned: true }])
  // What the former process saw is on disk.
  const view = await history({ scope: 'controller', id, stepSeconds: 60 })
  expect(view.sources[0]?.kept).toBe('disk')

  await service.api.ok('unpinTelemetry', { path })
  expect(await service.api.ok('listTelemetryPins')).toEqual({ items: [], nextCursor: null })
})

test.each([
  ['no scope', { id: 'x' }],
  ['an unknown scope', { scope: 'fleet', id: 'x' }],
  ['a queue without its number', { scope: 'queue', id: 'x' }],
  ['a number of what is no queue', { scope: 'host', id: 'x', qid: 1 }],
  ['queue 0', { scope: 'queue', id: 'x', qid: 0 }],
  [
    'a metric that the scope has not',
    { scope: 'queue', id: 'x', qid: 1, metrics: 'readLatencyMs' },
  ],
  ['an unknown metric', { scope: 'host', id: 'x', metrics: 'iops' }],
  [
    'a range that ends before it begins',
    { scope: 'host', id: 'x', from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' },
  ],
  [
    'more than a month',
    { scope: 'host', id: 'x', from: '2025-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' },
  ],
  ['what is no time', { scope: 'host', id: 'x', from: 'yesterday' }],
  [
    'too many steps',
    {
      scope: 'host',
      id: 'x',
      from: '2026-01-01T00:00:00Z',
      to: '2026-01-02T00:00:00Z',
      stepSeconds: 1,
    },
  ],
  ['a step of no time', { scope: 'host', id: 'x', stepSeconds: 0 }],
  ['a parameter that nobody knows', { scope: 'host', id: 'x', step: 1 }],
])('%s is refused', async (_, query) => {
  await service.api.no('getTelemetryHistory', { query }, 400, 'invalid')
})

test('what nobody knows has no history and cannot be pinned', async () => {
  for (const scope of ['host', 'controller', 'virtualFunction']) {
    const query = { scope, id: 'nobody' }
    await service.api.no('getTelemetryHistory', { query }, 404, 'not-found')
  }
  const query = { scope: 'queue', id: 'nobody', qid: 1 }
  await service.api.no('getTelemetryHistory', { query }, 404, 'not-found')
  await service.api.no('pinTelemetry', { path: { id: 'nobody' } }, 404, 'not-found')
  expect(await service.api.ok('unpinTelemetry', { path: { id: 'nobody' } })).toMatchObject({
    pinned: false,
  })
})

test('a list of pins has no pages, and an id has a length', async () => {
  await service.api.no('listTelemetryPins', { query: { limit: 1 } }, 400, 'invalid')
  const path = { id: 'x'.repeat(101) }
  await service.api.no('unpinTelemetry', { path }, 400, 'malformed')
})

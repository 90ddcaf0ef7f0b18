/** asyncapi.yaml is a document of its kind, and says what the code says. */
import { readFileSync } from 'node:fs'
import { Parser } from '@asyncapi/parser'
import { expect, test } from 'vitest'
import { readMessage } from '../../src/api/socket/messages.ts'
import { SOURCE_BITS, WHY_CODES } from '../../src/telemetry/frame-layout.ts'
import { METRIC_NAMES } from '../../src/telemetry/metrics.ts'
import { SOCKET_DOCUMENT_FILE, socketDeviations, valuesOf } from './socket-document.ts'

/** Of Spectral's: 0 is an error, 1 a warning. What is below only tells that there is a 3.1 that few tools read. */
const WARNING = 1

test('the document is valid, and nothing in it is warned of', async () => {
  const { document, diagnostics } = await new Parser().parse(
    readFileSync(SOCKET_DOCUMENT_FILE, 'utf8')
  )

  const bad = diagnostics.filter(({ severity }) => severity <= WARNING)
  expect(bad.map(({ message, path }) => `${path.join('.')}: ${message}`)).toEqual([])
  expect(
    document
      ?.channels()
      .all()
      .map((channel) => channel.address())
  ).toEqual(['/v1/telemetry'])
})

test('metrics and sources are those of the code, in its order', () => {
  expect(valuesOf('Metric')).toEqual(METRIC_NAMES)
  expect(valuesOf('Source')).toEqual(Object.keys(SOURCE_BITS))
  expect(Object.keys(WHY_CODES)).toEqual(
    Object.keys(WHY_CODES).filter((why) => socketDeviations(unobserved(why)).length === 0)
  )
})

const ID = '0c2b9b1e-6f5a-5e0c-9d3e-3a1f0f6f2a10'

const unobserved = (why: string) => ({
  type: 'frame',
  channel: 1,
  hostId: ID,
  functionKind: 'controller',
  functionId: ID,
  sequence: 1,
  sourceClockMs: 1,
  at: '2026-01-01T00:00:00.000Z',
  periodMs: 1000,
  observed: false,
  why,
})

const asked = { id: 'a', hostIds: [ID], periodMs: 1000 }

test.for([
  { type: 'subscribe', ...asked },
  { type: 'subscribe', id: 'a', fleet: true, periodMs: 100, format: 'binary' },
  { type: 'change', ...asked, metrics: ['queues.latency'] },
  { type: 'unsubscribe', id: 'a' },
  { type: 'list', id: 'a', virtualFunctionIds: [ID], after: ID },
  { type: 'subscribe', ...asked, all: true },
  { type: 'subscribe', ...asked, format: 'xml' },
  { type: 'subscribe', ...asked, metrics: [] },
  { type: 'subscribe', ...asked, metrics: ['queues.weight'] },
  { type: 'subscribe', ...asked, id: 'x'.repeat(65) },
  { type: 'subscribe', ...asked, hostIds: 'all' },
  { type: 'change', id: 'a', hostIds: [ID] },
  { type: 'unsubscribe' },
  { type: 'list', id: 'a', periodMs: 1000 },
  { type: 'dance', id: 'a' },
])('the service reads what the document allows, and nothing else: %o', (message) => {
  const isRead = !('trouble' in readMessage(JSON.stringify(message)))

  expect(isRead).toBe(socketDeviations(message).length === 0)
})

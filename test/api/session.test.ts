/** A session of the telemetry socket whose messages come all at once, as `ws` has them when they came in one packet. */
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { SYSTEM } from '../../src/access/caller.ts'
import { Channels } from '../../src/api/socket/channels.ts'
import type { ServerMessage } from '../../src/api/socket/messages.ts'
import { TelemetrySession } from '../../src/api/socket/session.ts'
import type { Telemetry } from '../../src/telemetry/telemetry.ts'
import { HOST, watchedHost } from '../telemetry/watched-host.ts'

const PERIOD_MS = 1000

function sessionOf(telemetry: Telemetry) {
  const said: ServerMessage[] = []
  const bugs: unknown[] = []
  const channels = new Channels(telemetry, () => {})
  const socket = {
    readyState: 1,
    extensions: '',
    send: (text: string) => void said.push(JSON.parse(text) as ServerMessage),
    ping: () => {},
    close: () => {},
    terminate: () => {},
  }
  const session = new TelemetrySession(
    { telemetry, channels, onBug: (bug) => bugs.push(bug) },
    { socket, stream: new PassThrough().resume(), caller: SYSTEM, requestId: 'r' }
  )
  const read = (...messages: readonly object[]) => {
    for (const message of messages)
      session.read(Buffer.from(JSON.stringify(message)), false)
  }
  return { session, read, said, bugs }
}

const message = (type: 'subscribe' | 'change', hostId: string) => ({
  type,
  id: 'a',
  hostIds: [hostId],
  periodMs: PERIOD_MS,
})

test('a change behind a subscribing that fails is refused, and watches nothing', async () => {
  const { clock, telemetry, watches } = await watchedHost()
  const { session, read, said, bugs } = sessionOf(telemetry)

  read(message('subscribe', 'nobody'), message('change', HOST))
  await clock.advance(3 * PERIOD_MS)
  session.end()

  expect(said).toMatchObject([
    { type: 'error', id: 'a', problem: { type: 'urn:nvirt:problem:not-found' } },
    { type: 'error', id: 'a', problem: { detail: 'Id is not subscribed' } },
  ])
  expect(watches.begun()).toBe(0)
  expect(clock.pending()).toBe(0)
  expect(bugs).toEqual([])
})

test('a change that its unsubscribing overtakes says nothing about the next with that id', async () => {
  const { clock, telemetry, watches } = await watchedHost()
  const { session, read, said } = sessionOf(telemetry)
  const subscribe = message('subscribe', HOST)

  read(subscribe, message('change', HOST), { type: 'unsubscribe', id: 'a' }, subscribe)
  await clock.advance(3 * PERIOD_MS)

  expect(said.map(({ type }) => type)).toEqual(['unsubscribed', 'subscribed'])
  expect(watches.running.get(PERIOD_MS)).toBe(1)
  session.end()
  await clock.advance(PERIOD_MS)
  expect(watches.running.get(PERIOD_MS)).toBe(0)
})

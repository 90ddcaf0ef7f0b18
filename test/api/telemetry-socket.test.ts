/** The telemetry socket, from the handshake to the close. */
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MOST_SUBSCRIPTIONS } from '../../src/api/socket/session.ts'
import { eventually } from '../support/eventually.ts'
import { emulatedService, PF, PLAIN } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import { openSocket, refusedUpgrade, type FrameMessage } from './socket-client.ts'
import { controllerAt } from './steps.ts'

const TOKEN = 'a-token-of-this-test'
const authorized = { headers: { authorization: `Bearer ${TOKEN}` } }

let service: EmulatedService
let plainId: string
let hostId: string
beforeAll(async () => {
  service = await emulatedService({ token: TOKEN })
  const plain = await controllerAt(service.api, PLAIN)
  plainId = plain.id
  hostId = plain.hostId
}, 60_000)
afterAll(() => service.stop(), 60_000)

test('a client gets frames of what it subscribed to, and none after', async () => {
  const client = await openSocket(service.port, authorized)
  client.say({ type: 'subscribe', id: 'a', controllerIds: [plainId], periodMs: 100 })

  expect(await client.answer()).toMatchObject({ type: 'subscribed', id: 'a' })
  const frame = await eventually('a third frame', () => client.frames('a')[2])
  client.say({ type: 'unsubscribe', id: 'a' })
  expect(await client.answer()).toEqual({ type: 'unsubscribed', id: 'a' })
  const seen = client.messages.length
  client.say({ type: 'unsubscribe', id: 'a' })
  expect(await client.answer()).toMatchObject({ type: 'error', id: 'a' })

  expect(client.messages.length).toBe(seen + 1)
  expect(frame).toMatchObject({ functionId: plainId, hostId, periodMs: 100 })
  if (!frame.observed) throw new Error(`not observed: ${frame.why}`)
  expect(frame.queues.qid.length).toBe(4)
  expect(frame.queues.commandsPerSecond.some((rate) => (rate ?? 0) > 0)).toBe(true)
  await client.close()
})

test('two clients of one host see the same frames under the same numbers', async () => {
  const first = await openSocket(service.port, authorized)
  const second = await openSocket(service.port, authorized)
  for (const client of [first, second]) {
    client.say({ type: 'subscribe', id: 's', hostIds: [hostId], periodMs: 100 })
    await client.answer()
  }

  const frames = await eventually('five frames', () => {
    const mine = second.frames('s').filter(({ functionId }) => functionId === plainId)
    return mine.length >= 5 ? mine : undefined
  })

  const others = first.frames('s').filter(({ functionId }) => functionId === plainId)
  for (const frame of frames) {
    expect(others.find(({ sequence }) => sequence === frame.sequence)).toEqual(frame)
  }
  await Promise.all([first.close(), second.close()])
})

test('the token may come as a subprotocol, and is not echoed', async () => {
  const protocols = ['nvirt.telemetry.v1', `nvirt.token.${TOKEN}`]

  const client = await openSocket(service.port, { protocols })

  expect(client.socket.protocol).toBe('nvirt.telemetry.v1')
  await client.close()
})

test.for([
  [401, {}],
  [401, { headers: { authorization: 'Bearer wrong' } }],
  [401, { protocols: ['nvirt.telemetry.v1', 'nvirt.token.wrong'] }],
  [403, { headers: { ...authorized.headers, origin: 'http://evil.example' } }],
  [403, { headers: { ...authorized.headers, host: 'evil.example' } }],
] as const)('an upgrade is refused with %d for %o', async ([status, options]) => {
  expect(await refusedUpgrade(service.port, options)).toBe(status)
})

const BAD_MESSAGES = [
  ['hello', 'malformed', undefined],
  [{ type: 'dance' }, 'invalid', 'type'],
  [{ type: 'subscribe', id: 'x', hostIds: [], periodMs: '100' }, 'invalid', 'periodMs'],
  [{ type: 'subscribe', id: 'x', periodMs: 1000 }, 'invalid', 'hostIds'],
  [{ type: 'subscribe', id: 'x', hostIds: ['h'], periodMs: 1 }, 'invalid', 'periodMs'],
  [
    { type: 'subscribe', id: 'x', hostIds: ['nobody'], periodMs: 1000 },
    'not-found',
    undefined,
  ],
  [{ type: 'subscribe', id: '', hostIds: ['h'], periodMs: 1000 }, 'invalid', 'id'],
  [
    { type: 'subscribe', id: 'x', hostIds: ['h'], periodMs: 1000, all: 1 },
    'invalid',
    'all',
  ],
  [{ type: 'unsubscribe', id: 'nothing' }, 'invalid', 'id'],
  [{ type: 'change', id: 'nothing', fleet: true, periodMs: 1000 }, 'invalid', 'id'],
  [
    { type: 'subscribe', id: 'x', fleet: true, periodMs: 1000, metrics: ['weight'] },
    'invalid',
    'metrics[0]',
  ],
  [
    { type: 'subscribe', id: 'x', fleet: true, periodMs: 1000, format: 'xml' },
    'invalid',
    'format',
  ],
  [{ type: 'list', id: 'l' }, 'invalid', 'hostIds'],
  [{ type: 'list', id: 'l', controllerIds: ['nobody'] }, 'not-found', undefined],
] as const

test('bad messages are answered, and the connection stays', async () => {
  const client = await openSocket(service.port, authorized)

  for (const [message, kind, field] of BAD_MESSAGES) {
    client.say(message)
    const answer = await client.answer()
    expect(answer, JSON.stringify(message)).toMatchObject({
      type: 'error',
      problem: { type: `urn:nvirt:problem:${kind}` },
    })
    if (answer.type !== 'error' || field === undefined) continue
    expect(answer.problem.errors?.map((error) => error.field)).toContain(field)
  }

  client.say({ type: 'subscribe', id: 'x', hostIds: [hostId], periodMs: 1000 })
  expect(await client.answer()).toMatchObject({ type: 'subscribed', id: 'x' })
  await client.close()
})

test('subscriptions are counted, and their ids are used once', async () => {
  const client = await openSocket(service.port, authorized)
  const subscribe = { type: 'subscribe', controllerIds: [plainId], periodMs: 60_000 }
  for (let i = 0; i < MOST_SUBSCRIPTIONS; i++) {
    client.say({ ...subscribe, id: `s${i}` })
    expect(await client.answer()).toMatchObject({ type: 'subscribed' })
  }

  client.say({ ...subscribe, id: 's0' })
  const twice = await client.answer()
  client.say({ ...subscribe, id: 'more' })
  const tooMany = await client.answer()

  expect(twice).toMatchObject({ type: 'error', id: 's0' })
  expect(tooMany).toMatchObject({ type: 'error', id: 'more' })
  await client.close()
})

test('a message that is too large ends the connection, and only that', async () => {
  const client = await openSocket(service.port, authorized)
  const closed = once(client.socket, 'close')

  client.say('x'.repeat(70_000))

  expect((await closed)[0]).toBe(1009)
  expect(await service.api.ok('getHealth')).toEqual({ status: 'ok' })
})

test('a function that a guest owns says so, and what the host relays to the guest, in both formats', async () => {
  const pf = await controllerAt(service.api, PF)
  const client = await openSocket(service.port, authorized)
  client.say({ type: 'subscribe', id: 'p', controllerIds: [plainId, pf.id], periodMs: 100 })
  await client.answer()
  const body = { controllerId: plainId, consumer: 'vm' }
  const { id } = await service.api.ok<{ id: string }>('createAssignment', { body })
  await service.api.ok('waitForOperation', { path: { id } })

  const frame = await eventually('a frame of the guest', () =>
    client.frames('p').find((one) => one.functionId === plainId && !one.observed)
  )

  expect(frame).toMatchObject({ observed: false, why: expect.any(String) })
  const owned = await eventually('the owner', () =>
    client.frames('p').find((one) => !one.observed && one.why === 'owned-by-guest')
  )
  expect(owned.functionId).toBe(plainId)
  const { iommuGroup } = await controllerAt(service.api, PLAIN)
  const letGo = service.machine.holdVfioGroup(iommuGroup?.number ?? NaN, 'qemu')
  client.say({
    type: 'subscribe',
    id: 'b',
    controllerIds: [plainId],
    periodMs: 100,
    format: 'binary',
  })
  const told = await eventually('interrupts as JSON', () =>
    client.frames('p').find((one) => ratesOf(one).some((rate) => (rate ?? 0) > 0))
  )
  const binary = await eventually('interrupts as a binary frame', () =>
    client.binaryFrames.find(({ columns }) =>
      columns[RELAYED]?.some((rate) => !Number.isNaN(rate))
    )
  )
  letGo()
  expect(told).toMatchObject({ interrupts: { qid: [1, 2, 3, 4] } })
  expect([...binary.qid]).toEqual([1, 2, 3, 4])
  expect(binary).toMatchObject({ why: 'owned-by-guest', whyNoInterrupts: null })
  await client.close()
})

const RELAYED = 'queues.interruptsPerSecond'

/** Of a guest's function. */
function ratesOf(frame: FrameMessage): readonly (number | null)[] {
  if (frame.observed || frame.interrupts?.observed !== true) return []
  return frame.interrupts.perSecond
}

/** What can be asked for on the telemetry socket: scopes, metrics, formats, changes, lists. */
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MOST_MISTAKES } from '../../src/api/socket/session.ts'
import { eventually } from '../support/eventually.ts'
import { emulatedService, PF, PLAIN } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import { openSocket } from './socket-client.ts'
import type { Message } from './socket-client.ts'
import { controllerAt } from './steps.ts'

let service: EmulatedService
let plainId: string
let hostId: string
beforeAll(async () => {
  service = await emulatedService()
  const plain = await controllerAt(service.api, PLAIN)
  plainId = plain.id
  hostId = plain.hostId
}, 60_000)
afterAll(() => service.stop(), 60_000)

function channelOf(answer: Message) {
  if (answer.type !== 'subscribed' && answer.type !== 'changed')
    throw new Error(JSON.stringify(answer))
  return answer
}

test('who goes on with bad messages is told why and let go of, and a good one begins the count anew', async () => {
  const client = await openSocket(service.port)
  const closed = once(client.socket, 'close')
  const mistakes = async (count: number) => {
    for (let n = 0; n < count; n++) {
      client.say('hello')
      expect(await client.answer()).toMatchObject({ type: 'error' })
    }
  }

  await mistakes(MOST_MISTAKES - 1)
  client.say({ type: 'list', id: 'l', hostIds: [hostId] })
  expect(await client.answer()).toMatchObject({ type: 'listed' })
  await mistakes(MOST_MISTAKES)

  const [code, reason] = (await closed) as [number, Buffer]
  expect([code, reason.toString()]).toEqual([1008, expect.stringContaining('refused')])
})

test('a list tells what can be subscribed to', async () => {
  const client = await openSocket(service.port)

  client.say({ type: 'list', id: 'l', fleet: true })
  const all = await client.answer()
  if (all.type !== 'listed') throw new Error(all.type)
  client.say({ type: 'list', id: 'l', fleet: true, after: all.functions[0]?.functionId })
  const rest = await client.answer()

  const pf = await controllerAt(service.api, PF)
  expect(all.functions.map(({ functionId }) => functionId)).toEqual(
    [pf.id, plainId].toSorted()
  )
  expect(all.metrics).toContainEqual(
    expect.objectContaining({
      name: 'queues.latency',
      unit: 'commands',
      needs: 'trace-histograms',
    })
  )
  expect(rest).toMatchObject({ functions: [all.functions[1]], next: null })
  await client.close()
})

test('binary frames have the numbers of JSON frames', async () => {
  const client = await openSocket(service.port)
  const request = { type: 'subscribe', controllerIds: [plainId], periodMs: 100 }
  client.say({ ...request, id: 'people' })
  await client.answer()
  client.say({ ...request, id: 'programs', format: 'binary' })
  const { channel } = channelOf(await client.answer())

  const [json, binary] = await eventually('a frame of both', () => {
    const binary = client.binaryFrames.find(({ observed }) => observed)
    const json = client
      .frames('people')
      .find(({ sequence }) => sequence === binary?.sequence)
    return json && binary && ([json, binary] as const)
  })

  if (!json.observed || !binary.observed) throw new Error('not observed')
  const { functionId, sourceClockMs } = json
  expect(binary).toMatchObject({ channel, functionId, sourceClockMs, hostId })
  expect([...binary.qid]).toEqual(json.queues.qid)
  expect([...(binary.columns['queues.commandsPerSecond'] ?? [])]).toEqual(
    json.queues.commandsPerSecond.map((rate) => Math.fround(rate ?? NaN))
  )
  expect([...(binary.columns['device.readBytesPerSecond'] ?? [])]).toEqual([
    json.device.readBytesPerSecond,
  ])
  await client.close()
})

test('who asks for the same shares a channel, and who changes what he wants has another', async () => {
  const client = await openSocket(service.port)
  const metrics = ['queues.commandsPerSecond', 'queues.inFlight']
  const request = { type: 'subscribe', controllerIds: [plainId], periodMs: 100, metrics }
  client.say({ ...request, id: 'a' })
  const first = channelOf(await client.answer())
  client.say({ ...request, id: 'b', metrics: metrics.toReversed() })
  const same = channelOf(await client.answer())

  const change = { type: 'change', id: 'b', controllerIds: [plainId], periodMs: 200 }
  client.say({ ...change, metrics: ['device.inFlight'] })
  const changed = channelOf(await client.answer())
  const frame = await eventually('a frame of the other', () =>
    client.frames('b').find(({ channel }) => channel === changed.channel)
  )
  client.say({ type: 'unsubscribe', id: 'b' })
  await client.answer()
  const seen = client.frames('a').length
  await eventually('frames go on', () => client.frames('a').length > seen || undefined)

  expect(same.channel).toBe(first.channel)
  expect(same.metrics).toEqual(['queues.inFlight', 'queues.commandsPerSecond'])
  expect(changed).toMatchObject({ type: 'changed', id: 'b' })
  if (!frame.observed) throw new Error('not observed')
  expect(frame.periodMs).toBe(200)
  expect(Object.keys(frame.device)).toEqual(['inFlight'])
  expect(Object.keys(frame.queues)).toEqual(['qid', 'cpus', 'commandsBasis'])
  const sequences = client.frames('a').map(({ sequence }) => sequence)
  const unique = new Set(sequences)
  expect(unique.size, 'each frame comes once').toBe(sequences.length)
  await client.close()
})

test('a change that is refused leaves the subscription as it was', async () => {
  const client = await openSocket(service.port)
  client.say({ type: 'subscribe', id: 'a', controllerIds: [plainId], periodMs: 100 })
  await client.answer()

  client.say({ type: 'change', id: 'a', controllerIds: ['nobody'], periodMs: 100 })
  const refused = await client.answer()
  const seen = client.frames('a').length
  await eventually('frames go on', () => client.frames('a').length > seen || undefined)

  expect(refused).toMatchObject({ type: 'error', id: 'a' })
  await client.close()
})

test('an id may be used again at once, whatever became of the one before', async () => {
  const client = await openSocket(service.port)
  const request = { type: 'subscribe', id: 'a', periodMs: 100 }

  client.say({ ...request, controllerIds: ['nobody'] })
  client.say({ type: 'unsubscribe', id: 'a' })
  client.say({ ...request, controllerIds: [plainId] })

  await eventually('frames', () => client.frames('a')[1])
  client.say({ type: 'unsubscribe', id: 'a' })
  await eventually('the end', () => client.messages.at(-1)?.type === 'unsubscribed')
  await client.close()
})

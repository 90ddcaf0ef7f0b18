/** Compressed frames: for whom, and that they are what everybody else gets, by `ws` and on the wire. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { emulatedService, PLAIN } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import { messagesOf, type Framed } from './framing.ts'
import { HOST, UPGRADE } from './raw-client.ts'
import { openSocket, refusedUpgrade } from './socket-client.ts'
import { controllerAt } from './steps.ts'

const DEFLATE = 'permessage-deflate'

let service: EmulatedService
let plainId: string
beforeAll(async () => {
  service = await emulatedService()
  plainId = (await controllerAt(service.api, PLAIN)).id
}, 60_000)
afterAll(() => service.stop(), 60_000)

const wish = () => ({
  type: 'subscribe',
  id: 'a',
  controllerIds: [plainId],
  periodMs: 100,
})

test('who compresses gets the frames that all others get, in both formats', async () => {
  const plain = await openSocket(service.port)
  const compressing = await openSocket(service.port, { compress: 'true' })
  for (const client of [plain, compressing]) {
    client.say(wish())
    client.say({ ...wish(), id: 'b', format: 'binary' })
    await client.answer()
    await client.answer()
  }

  const frames = await eventually('five of each', () => {
    const mine = compressing.frames('a')
    const enough = mine.length >= 5 && compressing.binaryFrames.length >= 5
    return enough && plain.frames('a').length >= mine.length ? mine : undefined
  })

  expect([plain.socket.extensions, compressing.socket.extensions]).toEqual(['', DEFLATE])
  for (const { channel: _, ...frame } of frames) {
    const same = plain.frames('a').find(({ sequence }) => sequence === frame.sequence)
    expect(same).toMatchObject(frame)
  }
  for (const { channel: _, ...frame } of compressing.binaryFrames.slice(0, 5)) {
    const same = plain.binaryFrames.find(({ sequence }) => sequence === frame.sequence)
    expect(same).toMatchObject(frame)
  }
  await Promise.all([plain.close(), compressing.close()])
})

test.for([
  ['does not ask', {}],
  ['offers nothing', { compress: 'true', perMessageDeflate: false }],
  [
    'wants a smaller window',
    { compress: 'true', perMessageDeflate: { serverMaxWindowBits: 10 } },
  ],
] as const)('a client that %s is not compressed for', async ([, options]) => {
  const client = await openSocket(service.port, options)
  client.say(wish())
  await eventually('a frame', () => client.frames('a')[0])

  expect(client.socket.extensions).toBe('')
  await client.close()
})

test('compressing is asked for in one way, and an offer that makes no sense is refused', async () => {
  const headers = { 'Sec-WebSocket-Extensions': `${DEFLATE}; ${DEFLATE}=;;` }
  const nonsense = { compress: 'true', perMessageDeflate: false, headers } as const

  expect(await refusedUpgrade(service.port, { compress: 'yes' })).toBe(400)
  expect(await refusedUpgrade(service.port, nonsense)).toBe(400)
})

test('what a client compresses is read, and held to the limit by what it becomes', async () => {
  const client = await openSocket(service.port, { compress: 'true' })
  const closed = once(client.socket, 'close')

  client.say({ ...wish(), controllerIds: Array.from({ length: 900 }, () => plainId) })
  const answer = await client.answer()
  client.say('x'.repeat(1_000_000))

  expect(answer).toMatchObject({ type: 'subscribed' })
  expect((await closed)[0]).toBe(1009)
})

test('a frame is deflated once: on the wire it is the same bytes for everybody', async () => {
  const [one, other] = [rawTelemetry(), rawTelemetry()]

  const frames = await eventually('three frames at both', () => {
    const [its, others] = [one.messages().filter(isFrame), other.messages().filter(isFrame)]
    const common = its.filter(({ text }) => others.some((each) => each.text === text))
    return common.length >= 3 ? common : undefined
  })

  expect(one.head()).toMatch(
    /^Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover$/m
  )
  for (const { text, isDeflated, sent } of frames) {
    expect(isDeflated).toBe(true)
    // How far such a short one shrinks depends on the ids in it: of real ones the benchmark says.
    expect(sent.length).toBeLessThan(0.75 * text.length)
    const same = other.messages().find((each) => each.text === text)
    expect(same?.sent.equals(sent)).toBe(true)
  }
  const answer = one.messages()[0]
  expect([answer?.isDeflated, JSON.parse(answer?.text ?? '').type]).toEqual([
    false,
    'subscribed',
  ])
})

function isFrame({ text }: Framed): boolean {
  return text.includes('"frame"')
}

/** A subscriber without a WebSocket library. */
function rawTelemetry() {
  const socket = connect({ port: service.port, host: '127.0.0.1' })
  onTestFinished(() => void socket.destroy())
  let bytes = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => (bytes = Buffer.concat([bytes, chunk])))
  const offer = `Sec-WebSocket-Extensions: ${DEFLATE}; client_max_window_bits\r\n`
  const path = '/v1/telemetry?compress=true'
  socket.write(`GET ${path} HTTP/1.1\r\n${HOST}${offer}${UPGRADE}\r\n`)
  const wished = Buffer.from(JSON.stringify(wish()))
  // Short enough for a length of 7 bits; masked by zeros.
  socket.write(Buffer.from([0x81, 0x80 | wished.length, 0, 0, 0, 0]))
  socket.write(wished)
  const end = () => bytes.indexOf('\r\n\r\n')
  return {
    head: () => bytes.subarray(0, end()).toString(),
    messages: () => (end() < 0 ? [] : soFar(bytes.subarray(end() + 4))),
  }
}

function soFar(bytes: Buffer): readonly Framed[] {
  try {
    return messagesOf(bytes)
  } catch {
    return [] // the last one is not whole yet: look again
  }
}

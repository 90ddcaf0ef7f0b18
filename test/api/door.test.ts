/** What is checked before any service is asked: who calls, under which name, with what. */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import request from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { caller } from './call.ts'
import { emulatedService } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import { DOCUMENT_FILE, operations } from './document.ts'

const TOKEN = 'a-token-of-this-test'

let service: EmulatedService
beforeAll(async () => {
  service = await emulatedService({ token: TOKEN })
}, 60_000)
afterAll(() => service.stop(), 60_000)

const authorized = { authorization: `Bearer ${TOKEN}` }
const to = () => request(service.server.server)

function expectProblem(
  answer: { status: number; headers: Record<string, string>; body: { type?: string } },
  status: number,
  kind: string
): void {
  expect(answer.status).toBe(status)
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.body).toMatchObject({
    type: `urn:nvirt:problem:${kind}`,
    status,
    title: expect.any(String),
    detail: expect.any(String),
    instance: `urn:uuid:${answer.headers['x-request-id']}`,
  })
}

test('every operation but health needs the token', async () => {
  const nobody = caller(service.server.server)
  const stranger = caller(service.server.server, { authorization: 'Bearer wrong' })
  const guarded = operations.filter(({ id }) => id !== 'getHealth')

  for (const { id } of guarded) {
    await nobody.no(id, { path: { id: 'x' } }, 401, 'unauthenticated')
    await stranger.no(id, { path: { id: 'x' } }, 401, 'unauthenticated')
  }

  expect(guarded.length).toBeGreaterThan(15)
  expect(await nobody.ok('getHealth')).toEqual({ status: 'ok' })
})

test('a 401 says how to ask', async () => {
  const answer = await to().get('/v1/hosts')

  expectProblem(answer, 401, 'unauthenticated')
  expect(answer.headers['www-authenticate']).toMatch(/^Bearer/)
  expect(answer.body.remedy).toContain('token')
})

test.for([
  { host: 'evil.example' },
  { host: '127.0.0.1.evil.example' },
  { origin: 'http://evil.example' },
  { origin: 'null' },
])('%o is forbidden, on every route and with the right token', async (headers) => {
  for (const url of ['/v1/hosts', '/healthz', '/', '/nowhere']) {
    const answer = await to().get(url).set(authorized).set(headers)
    expectProblem(answer, 403, 'forbidden')
  }
  const api = caller(service.server.server, { ...authorized, ...headers })
  for (const { id } of operations) await api.no(id, { path: { id: 'x' } }, 403, 'forbidden')
})

test.for([
  '/v1/nothing',
  '/nothing',
  '/package.json',
  '/v2/hosts',
  '/v1/hosts/a/b',
  '/page/index.html',
  '/..%2fpackage.json',
])('%s is no route', async (url) => {
  expectProblem(await to().get(url).set(authorized), 404, 'no-such-route')
})

test('a known path says which methods it has', async () => {
  const put = await to().put('/v1/hosts').set(authorized).type('text/plain').send('x')
  const del = await to().delete('/v1/assignments').set(authorized)

  expectProblem(put, 405, 'method-not-allowed')
  expect(put.headers['allow']).toBe('GET, HEAD')
  expectProblem(del, 405, 'method-not-allowed')
  expect(del.headers['allow']).toBe('GET, HEAD, POST')
})

test('a file of the page says which methods it has, and one that is not there is no route', async () => {
  const known = await to().post('/app.js')
  const unknown = await to().post('/nothing.js')

  expectProblem(known, 405, 'method-not-allowed')
  expect(known.headers['allow']).toBe('GET, HEAD')
  expectProblem(unknown, 404, 'no-such-route')
  expectProblem(await to().get('/nothing.js'), 404, 'no-such-route')
})

test('a body that is not JSON is refused for what it is', async () => {
  const post = () => to().post('/v1/assignments').set(authorized)

  expectProblem(
    await post().type('text/plain').send('hello'),
    415,
    'unsupported-media-type'
  )
  expectProblem(
    await post().type('application/xml').send('<a/>'),
    415,
    'unsupported-media-type'
  )
  expectProblem(await post().type('json').send('{"a":'), 400, 'malformed')
  expectProblem(await post().type('json').send('{"__proto__":{}}'), 400, 'malformed')
  expectProblem(await post().type('json').send('null'), 400, 'invalid')
  expectProblem(await post(), 400, 'invalid')
  const large = JSON.stringify({ consumer: 'x'.repeat(70_000) })
  expectProblem(await post().type('json').send(large), 413, 'payload-too-large')
})

test('a path that cannot be decoded is a problem too', async () => {
  expectProblem(await to().get('/v1/hosts/%zz').set(authorized), 400, 'malformed')
  const long = await to()
    .get(`/v1/hosts/${'x'.repeat(101)}`)
    .set(authorized)
  expect(long.status).toBe(400)
  expect(long.headers['content-type']).toMatch(/problem\+json/)
})

test('what is not HTTP is answered with a problem', async () => {
  const socket = connect(service.port, '127.0.0.1')
  const answer = new Promise<string>((resolve) => {
    let text = ''
    socket.on('data', (chunk) => (text += chunk.toString()))
    socket.on('close', () => resolve(text))
  })

  socket.write('this is not HTTP\r\n\r\n')

  const text = await answer
  expect(text).toMatch(/^HTTP\/1.1 400 /)
  expect(text).toContain('application/problem+json')
  expect(text).toContain('urn:nvirt:problem:malformed')
})

test('the page is open, and allows nothing from elsewhere', async () => {
  const page = await to().get('/')

  expect(page.status).toBe(200)
  expect(page.headers['content-type']).toMatch(/^text\/html/)
  expect(page.headers['content-security-policy']).toContain("default-src 'none'")
  expect(page.headers['x-content-type-options']).toBe('nosniff')
  const again = await to()
    .get('/')
    .set('if-none-match', page.headers['etag'] ?? '')
  expect(again.status).toBe(304)
  expect((await to().get('/app.js')).headers['content-type']).toMatch(/^text\/javascript/)
})

test('the routes generate the document that is committed', async () => {
  const answer = await to().get('/openapi.json').set(authorized)

  expect(answer.status).toBe(200)
  expect(answer.body).toEqual(parse(readFileSync(DOCUMENT_FILE, 'utf8')))
})

test('a plain GET of the socket asks for the upgrade', async () => {
  await caller(service.server.server, authorized).no(
    'streamTelemetry',
    {},
    426,
    'upgrade-required'
  )
  const answer = await to().get('/v1/telemetry').set(authorized)

  expectProblem(answer, 426, 'upgrade-required')
  expect(answer.headers['upgrade']).toBe('websocket')
})

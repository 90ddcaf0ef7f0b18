/** Whoever is refused, or says nothing more, keeps no descriptor of the service: not even one that never closes. */
import type { Server } from 'node:http'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { emulatedService, PF } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import { HOST, rawClient, UPGRADE } from './raw-client.ts'
import { controllerAt } from './steps.ts'
import type { Operation } from './steps.ts'

const TOKEN = 'a-token-of-this-test'
const AUTHORIZED = `Authorization: Bearer ${TOKEN}\r\n`
const POST = `POST /v1/assignments HTTP/1.1\r\n${HOST}${AUTHORIZED}Content-Type: application/json\r\n`

let service: EmulatedService
let http: Server
beforeAll(async () => {
  service = await emulatedService({ token: TOKEN })
  http = service.server.server
}, 60_000)
afterAll(() => service.stop(), 60_000)

async function nobodyIsConnected(): Promise<void> {
  const count = promisify(http.getConnections.bind(http))
  await eventually('no connection is open', async () => (await count()) === 0 || undefined)
}

test.for([
  ['what is not HTTP', 'garbage\r\n\r\n', 400, 'malformed'],
  [
    'a head that is too large',
    `GET /healthz HTTP/1.1\r\n${HOST}X: ${'a'.repeat(20_000)}\r\n\r\n`,
    431,
    'head-too-large',
  ],
  [
    'two Host headers',
    `GET /healthz HTTP/1.1\r\n${HOST}Host: evil.example\r\nConnection: close\r\n\r\n`,
    400,
    'malformed',
  ],
  [
    'no Host header',
    'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n',
    400,
    'malformed',
  ],
  [
    'an unknown expectation',
    `${POST}Content-Length: 2\r\nExpect: 200-maybe\r\nConnection: close\r\n\r\n{}`,
    417,
    'expectation-failed',
  ],
  ['a broken chunk', `${POST}Transfer-Encoding: chunked\r\n\r\nZZ\r\n`, 400, 'malformed'],
  [
    'an upgrade of a path that cannot be decoded',
    `GET /v1/hosts/%E0%A4%A HTTP/1.1\r\n${HOST}${UPGRADE}\r\n`,
    400,
    'malformed',
  ],
  [
    'an upgrade of an id that is too long',
    `GET /v1/hosts/${'a'.repeat(101)} HTTP/1.1\r\n${HOST}${UPGRADE}\r\n`,
    400,
    'malformed',
  ],
  [
    'such an upgrade under a foreign name',
    `GET /v1/hosts/%E0%A4%A HTTP/1.1\r\nHost: evil.example\r\n${UPGRADE}\r\n`,
    403,
    'forbidden',
  ],
  [
    'an upgrade without the token',
    `GET /v1/telemetry HTTP/1.1\r\n${HOST}${UPGRADE}\r\n`,
    401,
    'unauthenticated',
  ],
  [
    'an upgrade with a bad key',
    `GET /v1/telemetry HTTP/1.1\r\n${HOST}${AUTHORIZED}${UPGRADE.replace('dGhl', '')}\r\n`,
    400,
    'malformed',
  ],
  [
    'an upgrade to another version',
    `GET /v1/telemetry HTTP/1.1\r\n${HOST}${AUTHORIZED}${UPGRADE.replace('13', '7')}\r\n`,
    400,
    'malformed',
  ],
] as const)('%s is a problem, and ends its connection', async ([, text, status, kind]) => {
  const client = rawClient(service.port, text)

  const answer = await client.answer()

  expect([answer.status, answer.problem?.type]).toEqual([
    status,
    `urn:nvirt:problem:${kind}`,
  ])
  await nobodyIsConnected()
})

test('a path that cannot be decoded is refused under a foreign name first', async () => {
  const text = 'GET /v1/hosts/%zz HTTP/1.1\r\nHost: evil.example\r\n\r\n'

  const { status, head } = await rawClient(service.port, text).answer()

  expect(status).toBe(403)
  expect(head).toMatch(/^x-content-type-options: nosniff/im)
})

test('a request that does not come to its end is given up, and so is silence', async () => {
  const { headersTimeout, requestTimeout } = http
  http.headersTimeout = 50
  http.requestTimeout = 50
  const partial = `${POST}Content-Length: 20\r\n\r\n{}`
  const clients = ['', 'GET /hea', partial].map((text) => rawClient(service.port, text))

  const answers = await Promise.all(clients.map(({ answer }) => answer()))

  expect(answers.map(({ status }) => status)).toEqual([408, 408, 408])
  expect(answers[2]?.problem?.type).toBe('urn:nvirt:problem:request-timeout')
  await nobodyIsConnected()
  Object.assign(http, { headersTimeout, requestTimeout })
})

test('what has been asked may be waited for longer than asking may take', async () => {
  const { api, machine } = service
  const { id } = await controllerAt(api, PF)
  const { requestTimeout } = http
  http.requestTimeout = 50
  machine.faults.add({
    match: { call: 'write' },
    times: 1,
    kind: { fault: 'never-returns' },
  })
  const operation = await api.ok<Operation>('provisionVirtualFunctions', {
    path: { id },
    body: { virtualFunctions: [{ ioQueuePairs: 1, namespaceIds: [] }] },
  })

  const waited = await api.ok<Operation>('waitForOperation', {
    path: { id: operation.id },
    // Node looks for requests that take too long every two seconds.
    query: { timeoutSeconds: 3 },
  })

  expect(waited.state).toBe('running')
  http.requestTimeout = requestTimeout
  machine.faults.release('with-effect')
}, 60_000)

import { once } from 'node:events'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { ANSWER_WITHIN_MS } from '../../src/api/orderly-stop.ts'
import { eventually } from '../support/eventually.ts'
import { emulatedService, PF, PLAIN } from './emulated-service.ts'
import type { EmulatedService } from './emulated-service.ts'
import { HOST, rawClient, UPGRADE } from './raw-client.ts'
import { openSocket, refusedUpgrade } from './socket-client.ts'
import { controllerAt } from './steps.ts'
import type { Operation } from './steps.ts'

const STOPS_WITHIN_MS = 5000
const POST_HEAD = `POST /v1/assignments HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n`

test('a stop closes sockets and does not wait for readers that hang', async () => {
  const service = await emulatedService()
  const { id } = await controllerAt(service.api, PLAIN)
  const client = await openSocket(service.port)
  client.say({ type: 'subscribe', id: 'a', controllerIds: [id], periodMs: 100 })
  await client.answer()
  const closed = once(client.socket, 'close')
  const hanging = await openSocket(service.port)
  hanging.socket.pause() // it reads nothing more, the close least of all
  const begun = performance.now()

  await service.stop()

  expect((await closed)[0]).toBe(1001)
  hanging.socket.terminate()
  expect(performance.now() - begun).toBeLessThan(STOPS_WITHIN_MS)
}, 60_000)

test('an upgrade that was refused leaves no socket that a stop would wait for', async () => {
  const service = await emulatedService({ token: 'a-token' })
  expect(await refusedUpgrade(service.port)).toBe(401)
  const begun = performance.now()

  await service.stop()

  expect(performance.now() - begun).toBeLessThan(STOPS_WITHIN_MS)
}, 60_000)

test('what is in flight at a stop is answered, and what comes after is refused', async () => {
  const service = await emulatedService()
  const { machine, api } = service
  const { id, hostId } = await controllerAt(api, PF)
  await api.ok('rescanHost', { path: { id: hostId } }) // no scan of the start takes the fault
  const hang = { match: {}, times: 1, kind: { fault: 'never-returns' } } as const
  machine.faults.add(hang)
  const asked = provision(service, id)
  await eventually('its look at the machine hangs', () => machine.faults.hanging()[0])

  const stopped = service.stop()
  const late = await api.no('listHosts', {}, 503, 'stopping')
  machine.faults.release('with-effect')
  const { status, body, headers } = await asked
  await stopped

  expect(late.remedy).toBeTruthy()
  expect(status).toBe(202)
  expect(body.state).toBe('running')
  expect(headers['connection']).toBe('close')
}, 60_000)

test('who waits for an operation at a stop is told how far it is', async () => {
  const service = await emulatedService()
  const { machine, api } = service
  const { id } = await controllerAt(api, PF)
  machine.faults.add({
    match: { call: 'write' },
    times: 1,
    kind: { fault: 'never-returns' },
  })
  const { body: started } = await provision(service, id)
  await eventually('its write hangs', () => machine.faults.hanging()[0])
  const arrived = once(service.server.server, 'request')
  const waiting = api.ok<Operation>('waitForOperation', { path: { id: started.id } })
  await arrived
  const begun = performance.now()

  const stopped = service.stop()
  const told = await waiting
  const toldAfterMs = performance.now() - begun
  machine.faults.release('with-effect')
  await stopped

  expect(told).toMatchObject({ id: started.id, state: 'running' })
  expect(toldAfterMs).toBeLessThan(ANSWER_WITHIN_MS)
}, 60_000)

test('a stop waits for nobody who hangs', async () => {
  const service = await emulatedService()
  const hanging = [
    `${POST_HEAD}Content-Length: 20\r\n\r\n{}`, // and the rest of its body does not come
    'GET /hea',
    '', // says nothing at all
    `GET /v1/hosts/%zz HTTP/1.1\r\n${HOST}${UPGRADE}\r\n`,
  ]
  for (const text of hanging) {
    const accepted = once(service.server.server, 'connection') as Promise<[Socket]>
    rawClient(service.port, text)
    const [socket] = await accepted
    await eventually('it has come', () => socket.bytesRead === text.length || undefined)
  }
  const begun = performance.now()

  await service.stop()

  expect(performance.now() - begun).toBeLessThan(STOPS_WITHIN_MS)
}, 60_000)

function provision({ api }: EmulatedService, id: string) {
  const body = { virtualFunctions: [{ ioQueuePairs: 1, namespaceIds: [] }] }
  return api.send<Operation>('provisionVirtualFunctions', { path: { id }, body })
}

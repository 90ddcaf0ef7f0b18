/** nvirt's public API as the tests use it. */
import WebSocket from 'ws'
import { isTerminal } from '../../src/saga/operation.ts'
import type { TelemetryFrame } from '../../src/telemetry/telemetry.ts'
import type { OperationView } from '../../src/workflows/workflows.ts'

export type NvirtClient = {
  readonly baseUrl: string
  readonly headers: Readonly<Record<string, string>>
  readonly request: (
    method: string,
    path: string,
    body?: object,
    key?: string
  ) => Promise<Answer>
  /** @throws unless it answers 200 */
  readonly get: <T>(path: string) => Promise<T>
  /** Every item of a list. */
  readonly list: <T>(path: string) => Promise<readonly T[]>
  /** Starts an operation; with the key of one that was asked for, that one. @throws unless it answers 202 */
  readonly begin: (
    method: string,
    path: string,
    body?: object,
    key?: string
  ) => Promise<OperationView>
  /** Waits for the end of an operation. @throws after a minute */
  readonly end: (id: string) => Promise<OperationView>
  /** Starts an operation and waits for its success. @throws with the operation's own reason */
  readonly perform: (method: string, path: string, body?: object) => Promise<OperationView>
  /** Frames as they come, from the first on. */
  readonly watch: (subscription: object) => Promise<FrameStream>
}

export type Answer = { readonly status: number; readonly body: unknown }

export type FrameStream = {
  /** The next frame for which this holds. @throws when none comes in time */
  readonly next: (
    isIt: (frame: TelemetryFrame) => boolean,
    timeoutMs: number
  ) => Promise<TelemetryFrame>
  readonly close: () => void
}

const WAIT_SECONDS = 20
const END_LIMIT_MS = 60_000

export function nvirtClient(port: number, token: string): NvirtClient {
  const baseUrl = `http://127.0.0.1:${port}`
  const headers = { authorization: `Bearer ${token}` }
  // No connection outlives its request: the service is killed and started again.
  const alone = { ...headers, connection: 'close' }

  async function request(
    method: string,
    path: string,
    body?: object,
    key?: string
  ): Promise<Answer> {
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers: {
        ...alone,
        ...(body && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(END_LIMIT_MS),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? null : JSON.parse(text) }
  }

  /** The shapes are the document's; test/api holds the service to it. */
  async function expectStatus<T>(
    wanted: number,
    method: string,
    path: string,
    body?: object,
    key?: string
  ) {
    const answer = await request(method, path, body, key)
    if (answer.status === wanted) return answer.body as T
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  }

  const get = <T>(path: string) => expectStatus<T>(200, 'GET', path)

  async function list<T>(path: string): Promise<readonly T[]> {
    const items: T[] = []
    let cursor: string | null = null
    do {
      const more: string =
        cursor === null ? '' : `${path.includes('?') ? '&' : '?'}cursor=${cursor}`
      const page: Page<T> = await get(`${path}${more}`)
      items.push(...page.items)
      cursor = page.nextCursor
    } while (cursor !== null)
    return items
  }

  const begin = (method: string, path: string, body?: object, key?: string) =>
    expectStatus<OperationView>(202, method, path, body, key)

  async function end(id: string): Promise<OperationView> {
    const until = performance.now() + END_LIMIT_MS
    for (;;) {
      const operation = await get<OperationView>(
        `/v1/operations/${id}/wait?timeoutSeconds=${WAIT_SECONDS}`
      )
      if (isTerminal(operation.state)) return operation
      if (performance.now() > until) {
        throw new Error(`operation does not end: ${JSON.stringify(operation)}`)
      }
    }
  }

  async function perform(method: string, path: string, body?: object) {
    const operation = await end((await begin(method, path, body)).id)
    if (operation.state === 'succeeded') return operation
    throw new Error(`${method} ${path} ended ${operation.state}: ${describe(operation)}`)
  }

  const watch = (subscription: object) => openStream(baseUrl, headers, subscription)

  return { baseUrl, headers, request, get, list, begin, end, perform, watch }
}

type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null }

function describe({ error, steps, blocked }: OperationView): string {
  const where = steps.map((step) => `${step.name}:${step.state}`).join(' ')
  return JSON.stringify({ error, blocked, where })
}

type Message =
  | { readonly type: 'subscribed' }
  | ({ readonly type: 'frame' } & TelemetryFrame)
  | { readonly type: 'error'; readonly problem: object }

async function openStream(
  baseUrl: string,
  headers: NvirtClient['headers'],
  subscription: object
): Promise<FrameStream> {
  const socket = new WebSocket(`${baseUrl.replace('http', 'ws')}/v1/telemetry`, { headers })
  const frames: TelemetryFrame[] = []
  let wake: () => void = () => {}
  let trouble: Error | undefined
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as Message
    if (message.type === 'frame') frames.push(message)
    if (message.type === 'error') trouble = new Error(JSON.stringify(message.problem))
    wake()
  })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  socket.on('error', (error) => (trouble = error))
  socket.send(JSON.stringify({ type: 'subscribe', id: 'lab', ...subscription }))

  async function next(isIt: (frame: TelemetryFrame) => boolean, timeoutMs: number) {
    const late = AbortSignal.timeout(timeoutMs)
    while (!late.aborted) {
      if (trouble) throw trouble
      const frame = frames.shift()
      if (frame === undefined) await somethingComes(late)
      else if (isIt(frame)) return frame
    }
    throw new Error(`no such frame within ${timeoutMs} ms`)
  }

  function somethingComes(late: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve
      late.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  return { next, close: () => socket.close() }
}

/** One client on the telemetry socket: its subscriptions, from the first message to the close. */
import type { WebSocket } from '@fastify/websocket'
import type { Caller } from '../../access/caller.ts'
import { ControlPlaneError } from '../../errors.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { problemOf } from '../problem.ts'
import type { AnyTrouble } from '../problem.ts'
import { FrameOutbox } from './frame-outbox.ts'
import { readMessage } from './messages.ts'
import type { ServerMessage, SubscribeMessage } from './messages.ts'

export type SessionOptions = {
  readonly telemetry: Telemetry
  readonly caller: Caller
  /** Of the request that became this socket: names it in problems and in the log. */
  readonly requestId: string
  readonly onBug: (bug: unknown) => void
}

export const MOST_SUBSCRIPTIONS = 64

type Subscription = { closed: boolean; ready: boolean; end?: () => Promise<void> }

export class TelemetrySession {
  readonly #socket: WebSocket
  readonly #options: SessionOptions
  readonly #outbox: FrameOutbox
  readonly #subscriptions = new Map<string, Subscription>()

  constructor(socket: WebSocket, options: SessionOptions) {
    this.#socket = socket
    this.#options = options
    this.#outbox = new FrameOutbox(socket)
  }

  /** Reads until the socket closes. */
  run(): void {
    this.#socket.on('message', (data: Buffer, isBinary: boolean) => {
      const message = readMessage(isBinary ? '' : data.toString())
      if ('trouble' in message) this.#sendError(message.trouble, message.id)
      else if (message.type === 'subscribe') this.#subscribe(message)
      else this.#unsubscribe(message.id)
    })
    this.#socket.once('close', () => {
      for (const id of this.#subscriptions.keys()) this.#end(id)
    })
  }

  #subscribe({ type: _type, id, ...request }: SubscribeMessage): void {
    if (this.#subscriptions.has(id)) return this.#refuse(id, 'id', 'is subscribed already')
    if (this.#subscriptions.size >= MOST_SUBSCRIPTIONS) {
      return this.#refuse(id, 'id', `is one too many: ${MOST_SUBSCRIPTIONS} are allowed`)
    }
    const subscription: Subscription = { closed: false, ready: false }
    this.#subscriptions.set(id, subscription)
    this.#begin(id, subscription, request).catch((error: unknown) =>
      this.#failed(id, error)
    )
  }

  async #begin(
    id: string,
    subscription: Subscription,
    request: Omit<SubscribeMessage, 'type' | 'id'>
  ): Promise<void> {
    const { telemetry, caller } = this.#options
    const end = await telemetry.subscribe(caller, request, (frame) => {
      if (subscription.ready) this.#outbox.add(id, frame)
    })
    if (subscription.closed) return end()
    subscription.end = end
    this.#send({ type: 'subscribed', id })
    subscription.ready = true
  }

  #failed(id: string, error: unknown): void {
    this.#subscriptions.delete(id)
    if (error instanceof ControlPlaneError) return this.#sendError(error.trouble, id)
    this.#options.onBug(error)
    this.#sendError({ kind: 'bug' }, id)
  }

  #unsubscribe(id: string): void {
    if (!this.#subscriptions.has(id)) return this.#refuse(id, 'id', 'is not subscribed')
    this.#end(id)
    this.#send({ type: 'unsubscribed', id })
  }

  #end(id: string): void {
    const subscription = this.#subscriptions.get(id)
    if (subscription === undefined) return
    subscription.closed = true
    subscription.ready = false
    this.#subscriptions.delete(id)
    this.#outbox.forget(id)
    subscription.end?.().catch(this.#options.onBug)
  }

  #refuse(id: string, field: string, reason: string): void {
    this.#sendError({ kind: 'invalid', field, reason }, id)
  }

  #sendError(trouble: AnyTrouble, id?: string): void {
    const problem = problemOf(trouble, this.#options.requestId)
    this.#send({ type: 'error', ...(id === undefined ? {} : { id }), problem })
  }

  #send(message: ServerMessage): void {
    this.#outbox.say(message)
  }
}

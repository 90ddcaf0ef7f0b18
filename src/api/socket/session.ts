/** One client on the telemetry socket: its subscriptions, from the first message to the close. */
import type { WebSocket } from '@fastify/websocket'
import type { Caller } from '../../access/caller.ts'
import { ControlPlaneError } from '../../errors.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { problemOf } from '../problem.ts'
import type { AnyTrouble } from '../problem.ts'
import type { Channel } from './channel.ts'
import type { Channels } from './channels.ts'
import { hasAgreed } from './compression.ts'
import { listingOf } from './listing.ts'
import { readMessage } from './messages.ts'
import type {
  ChangeMessage,
  ClientMessage,
  ListMessage,
  ServerMessage,
  SubscribeMessage,
} from './messages.ts'
import { Outbox, type FrameStream } from './outbox.ts'

export type SessionOptions = {
  readonly telemetry: Telemetry
  readonly channels: Channels
  readonly caller: Caller
  /** Under the socket. */
  readonly stream: FrameStream
  /** Of the request that became this socket: names it in problems and in the log. */
  readonly requestId: string
  readonly onBug: (bug: unknown, requestId: string) => void
}

export const MOST_SUBSCRIPTIONS = 64

/** In a row: who does not read the answers to these is no client of ours. */
export const MOST_MISTAKES = 20

/** Close code. Source: RFC 6455, "Defined Status Codes". */
const POLICY_VIOLATION = 1008

type Subscription = {
  closed: boolean
  channel?: Channel
  /** Changes come one after the other. */
  work: Promise<void>
}

export class TelemetrySession {
  readonly #socket: WebSocket
  readonly #options: SessionOptions
  readonly #outbox: Outbox
  readonly #subscriptions = new Map<string, Subscription>()
  #mistakes = 0

  constructor(socket: WebSocket, options: SessionOptions) {
    this.#socket = socket
    this.#options = options
    this.#outbox = new Outbox(socket, options.stream)
  }

  /** Reads until the socket closes. */
  run(): void {
    this.#socket.on('message', (data: Buffer, isBinary: boolean) => {
      const message = readMessage(isBinary ? '' : data.toString())
      if ('trouble' in message) this.#mistake(message.trouble, message.id)
      else this.#answer(message)
    })
    this.#socket.once('close', () => {
      for (const id of this.#subscriptions.keys()) this.#end(id)
    })
  }

  #answer(message: ClientMessage): void {
    switch (message.type) {
      case 'subscribe':
        return this.#subscribe(message)
      case 'change':
        return this.#change(message)
      case 'unsubscribe':
        return this.#unsubscribe(message.id)
      case 'list':
        return this.#list(message)
    }
  }

  #subscribe(message: SubscribeMessage): void {
    const { id } = message
    if (this.#subscriptions.has(id)) return this.#refuse(id, 'is subscribed already')
    if (this.#subscriptions.size >= MOST_SUBSCRIPTIONS) {
      return this.#refuse(id, `is one too many: ${MOST_SUBSCRIPTIONS} are allowed`)
    }
    const subscription: Subscription = { closed: false, work: Promise.resolve() }
    this.#subscriptions.set(id, subscription)
    this.#go(subscription, message)
  }

  /** What was subscribed to stays until the other begins, and where that is refused. */
  #change(message: ChangeMessage): void {
    const subscription = this.#subscriptions.get(message.id)
    if (subscription === undefined) return this.#refuse(message.id, 'is not subscribed')
    this.#go(subscription, message)
  }

  #go(subscription: Subscription, message: SubscribeMessage | ChangeMessage): void {
    subscription.work = subscription.work
      .then(() => this.#move(subscription, message))
      .catch((error: unknown) => this.#failed(subscription, message.id, error))
  }

  async #move(
    subscription: Subscription,
    { type, id, ...request }: SubscribeMessage | ChangeMessage
  ): Promise<void> {
    const { channels, caller } = this.#options
    const compressed = hasAgreed(this.#socket)
    const channel = await channels.use(caller, { ...request, compressed })
    if (subscription.closed) return channels.giveBack(channel)
    const former = subscription.channel
    const answer = type === 'subscribe' ? 'subscribed' : 'changed'
    this.#leave(former)
    subscription.channel = channel
    const { number, selection } = channel
    this.#say({ type: answer, id, channel: number, metrics: selection.metrics })
    channel.add(this.#outbox)
    this.#mistakes = 0
  }

  #leave(channel: Channel | undefined): void {
    if (channel === undefined) return
    if (!this.#sharesItself(channel)) channel.remove(this.#outbox)
    this.#options.channels.giveBack(channel).catch((bug: unknown) => this.#bug(bug))
  }

  #sharesItself(channel: Channel): boolean {
    const own = [...this.#subscriptions.values()]
    return own.filter((subscription) => subscription.channel === channel).length > 1
  }

  #failed(subscription: Subscription, id: string, error: unknown): void {
    const isExpected = error instanceof ControlPlaneError
    if (!isExpected) this.#bug(error)
    if (subscription.closed) return // nobody asks for it any more, and its id may be another's by now
    if (subscription.channel === undefined) this.#subscriptions.delete(id)
    if (isExpected) return this.#mistake(error.trouble, id)
    this.#mistake({ kind: 'bug' }, id)
  }

  #unsubscribe(id: string): void {
    if (!this.#subscriptions.has(id)) return this.#refuse(id, 'is not subscribed')
    this.#end(id)
    this.#say({ type: 'unsubscribed', id })
    this.#mistakes = 0
  }

  #end(id: string): void {
    const subscription = this.#subscriptions.get(id)
    if (subscription === undefined) return
    subscription.closed = true
    this.#leave(subscription.channel)
    this.#subscriptions.delete(id)
  }

  #list({ type: _type, id, after, ...scope }: ListMessage): void {
    const { telemetry, caller } = this.#options
    try {
      this.#say({ type: 'listed', id, ...listingOf(telemetry.list(caller, scope), after) })
      this.#mistakes = 0
    } catch (error) {
      if (!(error instanceof ControlPlaneError)) throw error
      this.#mistake(error.trouble, id)
    }
  }

  #refuse(id: string, reason: string): void {
    this.#mistake({ kind: 'invalid', field: 'id', reason }, id)
  }

  /** Is answered, and the connection stays, unless they go on. */
  #mistake(trouble: AnyTrouble, id?: string): void {
    const problem = problemOf(trouble, this.#options.requestId)
    this.#say({ type: 'error', ...(id === undefined ? {} : { id }), problem })
    this.#mistakes += 1
    if (this.#mistakes < MOST_MISTAKES) return
    this.#socket.close(POLICY_VIOLATION, `${MOST_MISTAKES} messages in a row were refused`)
  }

  #bug(bug: unknown): void {
    const { onBug, requestId } = this.#options
    onBug(bug, requestId)
  }

  #say(message: ServerMessage): void {
    this.#outbox.say(message)
  }
}

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
import { Outbox, type FrameSocket, type FrameStream } from './outbox.ts'

/** The same one for all sessions. */
export type Door = {
  readonly telemetry: Telemetry
  readonly channels: Channels
  readonly onBug: (bug: unknown, requestId: string) => void
}

/** What a `ws` is asked for. */
export type SessionSocket = FrameSocket & Pick<WebSocket, 'extensions' | 'ping' | 'close'>

export type Client = {
  readonly socket: SessionSocket
  readonly caller: Caller
  /** Under the socket. */
  readonly stream: FrameStream
  /** Of the request that became this socket: names it in problems and in the log. */
  readonly requestId: string
}

export const MOST_SUBSCRIPTIONS = 64

/** In a row: who does not read the answers to these is no client of ours. */
export const MOST_MISTAKES = 20

/** Close code. Source: RFC 6455, "Defined Status Codes". */
const POLICY_VIOLATION = 1008

type Subscription = {
  readonly id: string
  closed: boolean
  channel: Channel | undefined
  /** Changes come one after the other. undefined: there is none. */
  work: Promise<void> | undefined
}

/** A list, which has room for as many as there are: most clients have one. */
type Subscriptions = readonly Subscription[]
const NONE: Subscriptions = []

export class TelemetrySession {
  readonly #door: Door
  readonly #socket: SessionSocket
  readonly #caller: Caller
  readonly #requestId: string
  readonly #outbox: Outbox
  #subscriptions = NONE
  #mistakes = 0
  #unanswered = 0

  constructor(door: Door, { socket, stream, caller, requestId }: Client) {
    this.#door = door
    this.#socket = socket
    this.#caller = caller
    this.#requestId = requestId
    this.#outbox = new Outbox(socket, stream)
  }

  /** A message of the client. */
  read(data: Buffer, isBinary: boolean): void {
    const message = readMessage(isBinary ? '' : data.toString())
    if ('trouble' in message) this.#mistake(message.trouble, message.id)
    else this.#answer(message)
  }

  /** Pings in a row. */
  get unanswered(): number {
    return this.#unanswered
  }

  ping(): void {
    this.#unanswered += 1
    this.#socket.ping()
  }

  answered(): void {
    this.#unanswered = 0
  }

  /** The socket has closed. */
  end(): void {
    for (const { id } of this.#subscriptions) this.#end(id)
  }

  #subscription(id: string): Subscription | undefined {
    return this.#subscriptions.find((subscription) => subscription.id === id)
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
    if (this.#subscription(id)) return this.#refuse(id, 'is subscribed already')
    if (this.#subscriptions.length >= MOST_SUBSCRIPTIONS) {
      return this.#refuse(id, `is one too many: ${MOST_SUBSCRIPTIONS} are allowed`)
    }
    const subscription = { id, closed: false, channel: undefined, work: undefined }
    this.#subscriptions = [...this.#subscriptions, subscription]
    this.#go(subscription, message)
  }

  /** What was subscribed to stays until the other begins, and where that is refused. */
  #change(message: ChangeMessage): void {
    const subscription = this.#subscription(message.id)
    if (subscription === undefined) return this.#refuse(message.id, 'is not subscribed')
    this.#go(subscription, message)
  }

  #go(subscription: Subscription, message: SubscribeMessage | ChangeMessage): void {
    const work = (subscription.work ?? Promise.resolve())
      .then(() => this.#move(subscription, message))
      .catch((error: unknown) => this.#failed(subscription, error))
      .finally(() => {
        if (subscription.work === work) subscription.work = undefined
      })
    subscription.work = work
  }

  async #move(
    subscription: Subscription,
    { type, id, ...request }: SubscribeMessage | ChangeMessage
  ): Promise<void> {
    if (subscription.closed) return
    if (type === 'change' && subscription.channel === undefined) {
      return this.#refuse(id, 'is not subscribed') // its subscribing has failed since the change came
    }
    const { channels } = this.#door
    const compressed = hasAgreed(this.#socket)
    const channel = await channels.use(this.#caller, { ...request, compressed })
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
    this.#door.channels.giveBack(channel).catch((bug: unknown) => this.#bug(bug))
  }

  #sharesItself(channel: Channel): boolean {
    const own = this.#subscriptions.filter(
      (subscription) => subscription.channel === channel
    )
    return own.length > 1
  }

  #failed(subscription: Subscription, error: unknown): void {
    const { id } = subscription
    const isExpected = error instanceof ControlPlaneError
    if (!isExpected) this.#bug(error)
    if (subscription.closed) return // nobody asks for it any more, and its id may be another's by now
    if (subscription.channel === undefined) this.#remove(subscription)
    if (isExpected) return this.#mistake(error.trouble, id)
    this.#mistake({ kind: 'bug' }, id)
  }

  #unsubscribe(id: string): void {
    if (!this.#subscription(id)) return this.#refuse(id, 'is not subscribed')
    this.#end(id)
    this.#say({ type: 'unsubscribed', id })
    this.#mistakes = 0
  }

  #end(id: string): void {
    const subscription = this.#subscription(id)
    if (subscription === undefined) return
    subscription.closed = true
    this.#leave(subscription.channel)
    this.#remove(subscription)
  }

  #remove(subscription: Subscription): void {
    this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription)
  }

  #list({ type: _type, id, after, ...scope }: ListMessage): void {
    const { telemetry } = this.#door
    try {
      const listed = telemetry.list(this.#caller, scope)
      this.#say({ type: 'listed', id, ...listingOf(listed, after) })
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
    const problem = problemOf(trouble, this.#requestId)
    this.#say({ type: 'error', ...(id === undefined ? {} : { id }), problem })
    this.#mistakes += 1
    if (this.#mistakes < MOST_MISTAKES) return
    this.#socket.close(POLICY_VIOLATION, `${MOST_MISTAKES} messages in a row were refused`)
  }

  #bug(bug: unknown): void {
    this.#door.onBug(bug, this.#requestId)
  }

  #say(message: ServerMessage): void {
    this.#outbox.say(message)
  }
}

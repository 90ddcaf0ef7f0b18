/**
 * All channels of the door: made when the first subscription needs one, ended with the last. A tick of a host gives its
 * frames one after the other without a pause; when it is over, each client is written to once.
 */
import type { Caller } from '../../access/caller.ts'
import { scopeKey } from '../../telemetry/scope.ts'
import { selectMetrics } from '../../telemetry/selection.ts'
import type {
  FrameColumns,
  SubscribeRequest,
  Telemetry,
} from '../../telemetry/telemetry.ts'
import { Channel, type Format } from './channel.ts'
import { fanOut } from './fan-out.ts'
import type { Outbox } from './outbox.ts'

export type ChannelRequest = SubscribeRequest & {
  readonly format?: Format
  readonly compressed: boolean
}

type Open = {
  readonly key: string
  readonly channel: Channel
  /** Ends its subscription. */
  readonly begun: Promise<() => Promise<void>>
  users: number
}

export class Channels {
  readonly #telemetry: Telemetry
  readonly #onDropped: (frames: number) => void
  readonly #open = new Map<string, Open>()
  readonly #byNumber = new Map<number, Open>()
  #last = 0
  #due = new Set<Channel>()

  /** @param onDropped hears of frames that are left out for clients who are slow, each for each of them */
  constructor(telemetry: Telemetry, onDropped: (frames: number) => void) {
    this.#telemetry = telemetry
    this.#onDropped = onDropped
  }

  /**
   * The channel of this request, kept until it is given back. Whoever wants its frames adds himself to it.
   *
   * @throws ControlPlaneError not-found, invalid
   */
  async use(caller: Caller, request: ChannelRequest): Promise<Channel> {
    const key = keyOf(caller, request)
    const open = this.#open.get(key) ?? this.#begin(key, caller, request)
    open.users += 1
    try {
      await open.begun
    } catch (error) {
      this.#close(open)
      throw error
    }
    return open.channel
  }

  async giveBack({ number }: Channel): Promise<void> {
    const open = this.#byNumber.get(number)
    if (open === undefined || --open.users > 0) return
    this.#close(open)
    await (
      await open.begun
    )()
  }

  #begin(key: string, caller: Caller, request: ChannelRequest): Open {
    const { format = 'json', compressed, ...subscription } = request
    const selection = selectMetrics(request.metrics)
    const channel = new Channel(++this.#last, selection, { format, compressed })
    const take = (frame: FrameColumns) => this.#take(channel, frame)
    const begun = this.#telemetry.subscribe(caller, subscription, take)
    const open = { key, channel, begun, users: 0 }
    this.#open.set(key, open)
    this.#byNumber.set(channel.number, open)
    return open
  }

  #close(open: Open): void {
    if (this.#open.get(open.key) === open) this.#open.delete(open.key)
    this.#byNumber.delete(open.channel.number)
  }

  #take(channel: Channel, frame: FrameColumns): void {
    if (this.#due.size === 0) queueMicrotask(() => this.#flush())
    this.#due.add(channel)
    channel.take(frame)
  }

  #flush(): void {
    const due = this.#due
    this.#due = new Set()
    const held = due.size === 1 ? NOBODY : membersOfSeveral(due)
    for (const member of held) member.hold()
    const dropped = deliverAll(due)
    for (const member of held) member.release()
    if (dropped > 0) this.#onDropped(dropped)
  }
}

const NOBODY: ReadonlySet<Outbox> = new Set()

/** @returns how many frames were left out */
function deliverAll(channels: Iterable<Channel>): number {
  let dropped = 0
  for (const channel of channels) {
    const burst = channel.burst()
    if (burst.messages.length === 0) continue
    dropped += fanOut(channel.number, burst, channel.members)
  }
  return dropped
}

function membersOfSeveral(channels: Iterable<Channel>): ReadonlySet<Outbox> {
  const seen = new Set<Outbox>()
  const several = new Set<Outbox>()
  for (const { members } of channels) {
    for (const member of members) {
      if (seen.has(member)) several.add(member)
      else seen.add(member)
    }
  }
  return several
}

/** Who asks belongs to it: what one may see, another may not. */
function keyOf(caller: Caller, request: ChannelRequest): string {
  const { format = 'json', compressed, periodMs, metrics } = request
  const selected = selectMetrics(metrics).metrics
  return JSON.stringify([caller, scopeKey(request), selected, periodMs, format, compressed])
}

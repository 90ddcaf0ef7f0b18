/**
 * One stream of frames for all subscriptions that ask for the same: the same scope, metrics, period and format. It
 * subscribes to telemetry once, and each frame is made once.
 */
import { frameAsBinary } from '../../telemetry/frame-binary.ts'
import { frameAsJson } from '../../telemetry/frame-json.ts'
import type { Selection } from '../../telemetry/selection.ts'
import type { FrameColumns } from '../../telemetry/telemetry.ts'
import { BurstMaker, OPCODE } from './burst.ts'
import type { Burst } from './burst.ts'
import type { Outbox } from './outbox.ts'

export type Format = 'json' | 'binary'

export class Channel {
  /** Names it in every message; never used again. */
  readonly number: number
  readonly selection: Selection
  readonly #format: Format
  readonly #members = new Set<Outbox>()
  readonly #burst = new BurstMaker()

  constructor(number: number, selection: Selection, format: Format) {
    this.number = number
    this.selection = selection
    this.#format = format
  }

  add(member: Outbox): void {
    this.#members.add(member)
  }

  remove(member: Outbox): void {
    this.#members.delete(member)
    member.forget(this.number)
  }

  get members(): ReadonlySet<Outbox> {
    return this.#members
  }

  /** Nothing is made while nobody is there for it. */
  take(frame: FrameColumns): void {
    if (this.#members.size === 0) return
    const { selection, number } = this
    if (this.#format === 'binary') {
      const bytes = frameAsBinary(frame, selection, number)
      return this.#burst.add(frame.fn.id, OPCODE.binary, bytes)
    }
    const message = { type: 'frame', channel: number, ...frameAsJson(frame, selection) }
    this.#burst.add(frame.fn.id, OPCODE.text, Buffer.from(JSON.stringify(message)))
  }

  /** What was taken since the last time. */
  burst(): Burst {
    return this.#burst.finish()
  }
}

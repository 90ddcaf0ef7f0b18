/**
 * One stream of frames for all subscriptions that ask for the same: the same scope, metrics, period and format, compressed
 * or not. It subscribes to telemetry once, and each frame is made once.
 */
import { frameAsBinary } from '../../telemetry/frame-binary.ts'
import { frameAsJson } from '../../telemetry/frame-json.ts'
import type { Selection } from '../../telemetry/selection.ts'
import type { FrameColumns } from '../../telemetry/telemetry.ts'
import { BurstMaker, OPCODE } from './burst.ts'
import type { Burst, Opcode } from './burst.ts'
import type { Outbox } from './outbox.ts'

export type Format = 'json' | 'binary'

export type Encoding = {
  readonly format: Format
  /** All members have agreed to permessage-deflate. */
  readonly compressed: boolean
}

export class Channel {
  /** Names it in every message; never used again. */
  readonly number: number
  readonly selection: Selection
  readonly #encoding: Encoding
  readonly #members = new Set<Outbox>()
  readonly #burst = new BurstMaker()

  constructor(number: number, selection: Selection, encoding: Encoding) {
    this.number = number
    this.selection = selection
    this.#encoding = encoding
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
    if (this.#encoding.format === 'binary') {
      return this.#add(frame, OPCODE.binary, frameAsBinary(frame, selection, number))
    }
    const message = { type: 'frame', channel: number, ...frameAsJson(frame, selection) }
    this.#add(frame, OPCODE.text, Buffer.from(JSON.stringify(message)))
  }

  #add({ fn }: FrameColumns, opcode: Opcode, payload: Uint8Array): void {
    if (this.#encoding.compressed) this.#burst.addDeflated(fn.id, opcode, payload)
    else this.#burst.add(fn.id, opcode, payload)
  }

  /** What was taken since the last time. */
  burst(): Burst {
    return this.#burst.finish()
  }
}

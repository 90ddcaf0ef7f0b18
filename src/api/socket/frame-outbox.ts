/**
 * Frames on their way to one reader. While it keeps up, each is sent as it comes. When its socket is full, only the newest
 * frame of each function is kept, and `missed` tells how many of that function's frames were left out before it.
 */
import type { TelemetryFrame } from '../../telemetry/telemetry.ts'

/** What a socket is asked for; `ws` has it. */
export type FrameSocket = {
  readonly bufferedAmount: number
  readonly send: (data: string, done: () => void) => void
  readonly terminate: () => void
}

/** About a second of a large host at full rate. More in the buffer would only be older. */
const FULL_BYTES = 256 * 1024

/** Answers are never left out; whoever asks for so many without reading any is not served. */
const DEAF_BYTES = 1024 * 1024

type Kept = { readonly subscriptionId: string; frame: TelemetryFrame; missed: number }

/** A frame goes to everybody who watches: it is written as JSON once. */
const written = new WeakMap<TelemetryFrame, string>()

export class FrameOutbox {
  readonly #socket: FrameSocket
  readonly #kept = new Map<string, Kept>()

  constructor(socket: FrameSocket) {
    this.#socket = socket
  }

  add(subscriptionId: string, frame: TelemetryFrame): void {
    const key = `${subscriptionId}\n${frame.functionId}`
    const kept = this.#kept.get(key)
    if (kept) {
      kept.frame = frame
      kept.missed += 1
    } else if (this.#full()) {
      this.#kept.set(key, { subscriptionId, frame, missed: 0 })
    } else {
      this.#send({ subscriptionId, frame, missed: 0 })
    }
  }

  /** What is no frame is never left out; a reader that leaves it all lying is given up. */
  say(message: object): void {
    if (this.#socket.bufferedAmount > DEAF_BYTES) return this.#socket.terminate()
    this.#socket.send(JSON.stringify(message), () => this.#flush())
  }

  /** Nothing more of this subscription leaves. */
  forget(subscriptionId: string): void {
    for (const [key, kept] of this.#kept) {
      if (kept.subscriptionId === subscriptionId) this.#kept.delete(key)
    }
  }

  #full(): boolean {
    return this.#socket.bufferedAmount > FULL_BYTES
  }

  #send({ subscriptionId, frame, missed }: Kept): void {
    const head = JSON.stringify({ type: 'frame', id: subscriptionId, missed })
    this.#socket.send(`${head.slice(0, -1)},${jsonOf(frame).slice(1)}`, () => this.#flush())
  }

  #flush(): void {
    for (const [key, kept] of this.#kept) {
      if (this.#full()) return
      this.#kept.delete(key)
      this.#send(kept)
    }
  }
}

function jsonOf(frame: TelemetryFrame): string {
  const known = written.get(frame)
  if (known !== undefined) return known
  const json = JSON.stringify(frame)
  written.set(frame, json)
  return json
}

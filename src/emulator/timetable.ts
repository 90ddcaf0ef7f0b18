/**
 * The time since boot, and what is due on it: a probe that runs, an I/O that will time out. Each is done at its own
 * instant, whoever comes first: a timer of the clock or the next call. A replay puts the time where a record says, and
 * sleeps nowhere, so that the same records at the same times give the same machine.
 */
import type { Clock } from '../clock.ts'

type Due = { readonly atMs: number; readonly run: () => void }

export class Timetable {
  readonly #clock: Clock
  /** Of the monotonic clock, at uptime 0. */
  readonly #bootMs: number
  readonly #due: Due[] = []
  /** Where the time stands; undefined: it runs. */
  #standing: number | undefined = 0
  #replaying = true
  #cancelTimer: () => void = () => {}
  #stopped = false

  /** Time stands at 0 until `run`. @param uptimeMs of the machine now: it may have been up before this process was */
  constructor(clock: Clock, uptimeMs: number) {
    this.#clock = clock
    this.#bootMs = clock.monotonicMs() - uptimeMs
  }

  nowMs(): number {
    return this.#standing ?? this.#clock.monotonicMs() - this.#bootMs
  }

  /** Runs once in `ms`; at once for 0. Never on a machine that has been switched off. */
  later(ms: number, run: () => void): void {
    if (ms <= 0) {
      run()
      return
    }
    const due = { atMs: this.nowMs() + ms, run }
    const behind = this.#due.findIndex(({ atMs }) => atMs > due.atMs)
    this.#due.splice(behind < 0 ? this.#due.length : behind, 0, due)
    this.#setTimer()
  }

  /** Within a call. A replay does not wait: what a record says happened when it says so. */
  pause(ms: number): Promise<void> {
    if (ms <= 0 || this.#replaying) return Promise.resolve()
    return new Promise((resolve) => this.later(ms, resolve))
  }

  /** Nothing is going to happen by itself. */
  isIdle(): boolean {
    return this.#due.length === 0
  }

  /** Does what is due by now. */
  catchUp(): void {
    if (!this.#due[0]) return
    const now = this.nowMs()
    if (this.#due[0].atMs > now) return
    const before = this.#standing
    for (let next = this.#due[0]; next && next.atMs <= now; next = this.#due[0]) {
      this.#due.shift()
      this.#standing = next.atMs
      next.run()
    }
    this.#standing = before
    this.#setTimer()
  }

  /** Puts a replay's time to a record's. */
  standAt(ms: number): void {
    this.#standing = ms
    this.catchUp()
  }

  /** Ends the replay: from now on time passes. */
  run(): void {
    this.#replaying = false
    this.#standing = undefined
    this.#wake()
  }

  /** Nothing is done any more, and whoever pauses never goes on. */
  stop(): void {
    this.#stopped = true
    this.#due.length = 0
    this.#cancelTimer()
  }

  /** A timer may be a little early. */
  #wake(): void {
    this.catchUp()
    this.#setTimer()
  }

  #setTimer(): void {
    this.#cancelTimer()
    const [next] = this.#due
    if (!next || this.#replaying || this.#stopped) return
    const inMs = Math.max(0, next.atMs - this.nowMs())
    this.#cancelTimer = this.#clock.after(inMs, () => this.#wake())
  }
}

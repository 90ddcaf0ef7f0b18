/**
 * One watch of one host at one period, shared by everybody who looks at any function of that host at that period. The
 * driver's watch is started anew when other functions are asked for; meters, and with them the sequence numbers, stay.
 */
import type { HostDriver } from '../host/driver.ts'
import type { HostFrame } from '../host/frame.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import { FunctionMeter } from './function-meter.ts'
import type { WatchedFunction } from './scope.ts'
import type { FrameColumns } from './telemetry.ts'

type Metered = { readonly fn: WatchedFunction; readonly meter: FunctionMeter }
type Running = {
  readonly driver: HostDriver
  readonly trace: boolean
  readonly end: () => Promise<void>
}

export type Aim = {
  readonly driver: HostDriver
  readonly functions: readonly WatchedFunction[]
  /** Somebody asked for what only the trace can tell. */
  readonly trace: boolean
}

export class HostWatch {
  readonly #periodMs: number
  readonly #onFrame: (frame: FrameColumns) => void
  readonly #onTrouble: (trouble: unknown) => void
  #byAddress = new Map<PciAddress, Metered>()
  #running: Running | undefined

  constructor(
    periodMs: number,
    onFrame: (frame: FrameColumns) => void,
    onTrouble: (trouble: unknown) => void
  ) {
    this.#periodMs = periodMs
    this.#onFrame = onFrame
    this.#onTrouble = onTrouble
  }

  /** Watches just that, or, with undefined, nothing. */
  isSettled(aim: Aim | undefined): boolean {
    const running = this.#running
    if (!aim || !running) return aim === running
    const isSo = running.driver === aim.driver && running.trace === aim.trace
    return isSo && this.#has(aim.functions)
  }

  /** Watches exactly these functions through this driver. Not to be called twice at once. */
  async watch({ driver, functions, trace }: Aim): Promise<void> {
    await this.end()
    this.#byAddress = this.#metered(functions)
    const addresses = [...this.#byAddress.keys()]
    const life = { ended: false }
    const take = (raw: HostFrame) => {
      if (!life.ended) this.#take(raw)
    }
    const detail = { trace }
    const end = await driver.watch(addresses, this.#periodMs, take, this.#onTrouble, detail)
    this.#running = {
      driver,
      trace,
      end: () => {
        life.ended = true
        return end()
      },
    }
  }

  async end(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.end()
  }

  #take(raw: HostFrame): void {
    const frame = this.#byAddress.get(raw.fn)?.meter.read(raw)
    if (frame) this.#onFrame(frame)
  }

  #has(functions: readonly WatchedFunction[]): boolean {
    return (
      functions.length === this.#byAddress.size &&
      functions.every((fn) => this.#byAddress.get(fn.address)?.fn.id === fn.id)
    )
  }

  #metered(functions: readonly WatchedFunction[]): Map<PciAddress, Metered> {
    const meters = new Map(
      [...this.#byAddress.values()].map((known) => [known.fn.id, known])
    )
    const meterOf = (fn: WatchedFunction) =>
      meters.get(fn.id)?.meter ?? new FunctionMeter(fn, this.#periodMs)
    return new Map(functions.map((fn) => [fn.address, { fn, meter: meterOf(fn) }]))
  }
}

/**
 * Turns one function's raw counters, tick by tick, into frames with rates. Keeps the reading before and its columns,
 * so that a tick allocates no more than the frame itself.
 */
import { isoTime } from '../clock.ts'
import type { DeviceColumns, HostFrame } from '../host/frame.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import {
  columnOrNull,
  meanLatencyMs,
  orNull,
  progress,
  ratePerSecond,
  ratesPerSecond,
  shareCommands,
} from './rates.ts'
import type { WatchedFunction } from './scope.ts'
import type { TelemetryFrame } from './telemetry.ts'

type ObservedHostFrame = HostFrame & { observed: { readonly observed: true } }
type ObservedFrame = Extract<TelemetryFrame, { observed: true }>

/** The reading before, and columns as long as its queues. */
type Reading = {
  readonly bootId: string
  readonly address: PciAddress
  readonly life: string
  readonly qid: Float64Array
  readonly interrupts: Float64Array
  readonly interruptRates: Float64Array
  readonly commandRates: Float64Array
  clockMs: number
  device: DeviceColumns
}

export class FunctionMeter {
  readonly #fn: WatchedFunction
  readonly #periodMs: number
  #before: Reading | undefined
  #sequence = 0

  constructor(fn: WatchedFunction, periodMs: number) {
    this.#fn = fn
    this.#periodMs = periodMs
  }

  /**
   * The frame of the interval that ends now; undefined when none does: at the first reading. An interval in which a life
   * ended and another began has no rates.
   */
  read(raw: HostFrame): TelemetryFrame | undefined {
    if (!isObserved(raw)) {
      this.#before = undefined
      return { ...this.#heading(raw), observed: false, why: whyNot(raw) }
    }
    const before = this.#before
    if (before && sameLife(before, raw)) {
      const seconds = (raw.sourceClockMs - before.clockMs) / 1000
      return seconds > 0 ? this.#interval(before, raw, seconds) : undefined
    }
    const begun = unknownReading(raw)
    this.#before = begun
    if (before) return this.#interval(begun, raw, NaN)
    remember(begun, raw)
    return undefined
  }

  #interval(before: Reading, raw: ObservedHostFrame, seconds: number): TelemetryFrame {
    const { queues, device, sources } = raw.observed
    const commandRate =
      ratePerSecond(before.device.readIos, device.readIos, seconds) +
      ratePerSecond(before.device.writeIos, device.writeIos, seconds)
    ratesPerSecond(before.interrupts, queues.interrupts, seconds, before.interruptRates)
    shareCommands(commandRate, before.interruptRates, before.commandRates)
    const frame: TelemetryFrame = {
      ...this.#heading(raw),
      observed: true,
      sources,
      queues: {
        qid: Array.from(queues.qid),
        cpus: queues.cpus,
        inFlight: columnOrNull(queues.inFlight),
        interruptsPerSecond: columnOrNull(before.interruptRates),
        commandsPerSecond: columnOrNull(before.commandRates),
        commandsBasis: 'device-count-by-interrupt-share',
      },
      device: deviceRates(before.device, device, seconds),
    }
    remember(before, raw)
    return frame
  }

  #heading(raw: HostFrame) {
    this.#sequence += 1
    return {
      hostId: this.#fn.hostId,
      functionKind: this.#fn.kind,
      functionId: this.#fn.id,
      sequence: this.#sequence,
      sourceClockMs: raw.sourceClockMs,
      at: isoTime(raw.wallClockMs),
      periodMs: this.#periodMs,
    }
  }
}

function isObserved(raw: HostFrame): raw is ObservedHostFrame {
  return raw.observed.observed
}

function whyNot(raw: HostFrame) {
  return raw.observed.observed ? 'gone' : raw.observed.why
}

/** After a reboot or a bind, at another address, with other disks or queues the counters begin anew. */
function sameLife(before: Reading, raw: ObservedHostFrame): boolean {
  const { life, queues } = raw.observed
  const { qid } = queues
  return (
    before.bootId === raw.bootId &&
    before.address === raw.fn &&
    before.life === life &&
    before.qid.length === qid.length &&
    before.qid.every((id, row) => id === qid[row])
  )
}

/** What went before the first reading of a life: nothing that could be subtracted. */
function unknownReading(raw: ObservedHostFrame): Reading {
  const { life, queues } = raw.observed
  const { length } = queues.qid
  return {
    bootId: raw.bootId,
    address: raw.fn,
    life,
    qid: queues.qid.slice(),
    interrupts: new Float64Array(length).fill(NaN),
    interruptRates: new Float64Array(length),
    commandRates: new Float64Array(length),
    clockMs: raw.sourceClockMs,
    device: UNKNOWN_DEVICE,
  }
}

const UNKNOWN_DEVICE: DeviceColumns = {
  readIos: NaN,
  readBytes: NaN,
  readTicksMs: NaN,
  writeIos: NaN,
  writeBytes: NaN,
  writeTicksMs: NaN,
  inFlight: NaN,
}

/** Copies, since the driver may fill the same columns again. */
function remember(before: Reading, raw: ObservedHostFrame): void {
  before.interrupts.set(raw.observed.queues.interrupts)
  before.clockMs = raw.sourceClockMs
  before.device = { ...raw.observed.device }
}

function deviceRates(
  before: DeviceColumns,
  now: DeviceColumns,
  seconds: number
): ObservedFrame['device'] {
  const rate = (column: keyof DeviceColumns) =>
    orNull(ratePerSecond(before[column], now[column], seconds))
  const latency = (ticks: keyof DeviceColumns, ios: keyof DeviceColumns) =>
    orNull(
      meanLatencyMs(progress(before[ticks], now[ticks]), progress(before[ios], now[ios]))
    )
  return {
    readCommandsPerSecond: rate('readIos'),
    writeCommandsPerSecond: rate('writeIos'),
    readBytesPerSecond: rate('readBytes'),
    writeBytesPerSecond: rate('writeBytes'),
    readLatencyMs: latency('readTicksMs', 'readIos'),
    writeLatencyMs: latency('writeTicksMs', 'writeIos'),
    inFlight: orNull(now.inFlight),
  }
}

/** A reading of a function's counters, and what it says together with the one before it. */
import { LATENCY_BUCKETS } from '../host/frame.ts'
import type { DeviceColumns, HostFrame } from '../host/frame.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import { atMostUs } from './latency-bounds.ts'
import {
  countsBetween,
  meanLatencyMs,
  progress,
  ratePerSecond,
  ratesPerSecond,
  shareCommands,
} from './rates.ts'
import type { DeviceNumbers, FrameColumns, QueueNumbers } from './telemetry.ts'

export type ObservedHostFrame = HostFrame & { observed: { readonly observed: true } }

/** What frames say of an interval. */
type Interval = Omit<
  Extract<FrameColumns, { observed: true }>,
  'fn' | 'sequence' | 'sourceClockMs' | 'wallClockMs' | 'periodMs'
>

/** The counters before, and the columns of every frame of this life, as long as its queues. */
export type Reading = {
  readonly bootId: string
  readonly address: PciAddress
  readonly life: string
  readonly interrupts: Float64Array
  readonly commands: Float64Array
  latency: Float64Array
  numbers: QueueNumbers
  clockMs: number
  device: DeviceColumns
}

export function isObserved(raw: HostFrame): raw is ObservedHostFrame {
  return raw.observed.observed
}

/** After a reboot or a bind, at another address, with other disks or queues the counters begin anew. */
export function sameLife(before: Reading, raw: ObservedHostFrame): boolean {
  const { life, queues } = raw.observed
  const { qid } = before.numbers
  return (
    before.bootId === raw.bootId &&
    before.address === raw.fn &&
    before.life === life &&
    qid.length === queues.qid.length &&
    qid.every((id, row) => id === queues.qid[row])
  )
}

/** What went before the first reading of a life: nothing that could be subtracted. */
export function unknownReading(raw: ObservedHostFrame): Reading {
  const { life, queues } = raw.observed
  const unknown = () => new Float64Array(queues.qid.length).fill(NaN)
  return {
    bootId: raw.bootId,
    address: raw.fn,
    life,
    interrupts: unknown(),
    commands: unknown(),
    latency: NOTHING,
    numbers: {
      qid: queues.qid.slice(),
      cpus: queues.cpus,
      inFlight: unknown(),
      interruptsPerSecond: unknown(),
      commandsPerSecond: unknown(),
      commands: unknown(),
      latency: NOTHING,
      latencyP50Us: unknown(),
      latencyP99Us: unknown(),
      latencyMaxUs: unknown(),
    },
    clockMs: raw.sourceClockMs,
    device: UNKNOWN_DEVICE,
  }
}

const NOTHING = new Float64Array(0)

const UNKNOWN_DEVICE: DeviceColumns = {
  readIos: NaN,
  readBytes: NaN,
  readTicksMs: NaN,
  writeIos: NaN,
  writeBytes: NaN,
  writeTicksMs: NaN,
  inFlight: NaN,
}

/**
 * Fills the columns of the reading with what happened since, and makes `raw` the reading before.
 *
 * @param seconds since the reading before, by the host's clock; NaN when that was of another life
 */
export function measureInterval(
  before: Reading,
  raw: ObservedHostFrame,
  seconds: number
): Interval {
  const { queues, device, sources, untraced } = raw.observed
  const { numbers } = before
  numbers.inFlight.set(queues.inFlight)
  ratesPerSecond(before.interrupts, queues.interrupts, seconds, numbers.interruptsPerSecond)
  countsBetween(before.commands, queues.commands, numbers.commands)
  measureLatency(before, queues.latency)
  const commandsBasis = measureCommands(before, device, seconds)
  const measured = deviceNumbers(before.device, device, seconds)
  before.interrupts.set(queues.interrupts)
  before.commands.set(queues.commands)
  before.clockMs = raw.sourceClockMs
  before.device = { ...device } // the driver may fill its own again
  return {
    observed: true,
    sources,
    commandsBasis,
    queues: before.numbers,
    device: measured,
    ...(untraced !== undefined && { untraced }),
  }
}

/** Where each command of each queue was counted, nothing has to be shared out. */
function measureCommands(
  { numbers, device: before }: Reading,
  device: DeviceColumns,
  seconds: number
): Interval['commandsBasis'] {
  const { commands, commandsPerSecond, interruptsPerSecond } = numbers
  if (commands.length > 0 && !commands.some(Number.isNaN)) {
    for (let q = 0; q < commands.length; q++) commandsPerSecond[q] = commands[q]! / seconds // same length
    return 'trace-histograms'
  }
  const rate =
    ratePerSecond(before.readIos, device.readIos, seconds) +
    ratePerSecond(before.writeIos, device.writeIos, seconds)
  shareCommands(rate, interruptsPerSecond, commandsPerSecond)
  return 'device-count-by-interrupt-share'
}

/** Histograms are large, and there only while they are asked for: their columns come with them. */
function measureLatency(before: Reading, latency: Float64Array): void {
  const { qid, latencyP50Us, latencyP99Us, latencyMaxUs } = before.numbers
  const length = latency.length === 0 ? 0 : qid.length * LATENCY_BUCKETS
  if (before.latency.length !== length) {
    before.latency = new Float64Array(length).fill(NaN)
    before.numbers = { ...before.numbers, latency: new Float64Array(length) }
  }
  countsBetween(before.latency, latency, before.numbers.latency)
  before.latency.set(latency)
  atMostUs(before.numbers.latency, 0.5, latencyP50Us)
  atMostUs(before.numbers.latency, 0.99, latencyP99Us)
  atMostUs(before.numbers.latency, 1, latencyMaxUs)
}

function deviceNumbers(
  before: DeviceColumns,
  now: DeviceColumns,
  seconds: number
): DeviceNumbers {
  const rate = (column: keyof DeviceColumns) =>
    ratePerSecond(before[column], now[column], seconds)
  const latency = (ticks: keyof DeviceColumns, ios: keyof DeviceColumns) =>
    meanLatencyMs(progress(before[ticks], now[ticks]), progress(before[ios], now[ios]))
  return {
    readCommandsPerSecond: rate('readIos'),
    writeCommandsPerSecond: rate('writeIos'),
    readBytesPerSecond: rate('readBytes'),
    writeBytesPerSecond: rate('writeBytes'),
    readLatencyMs: latency('readTicksMs', 'readIos'),
    writeLatencyMs: latency('writeTicksMs', 'writeIos'),
    inFlight: now.inFlight,
  }
}

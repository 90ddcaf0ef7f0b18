/** Frames of functions with many queues, made over and over with other numbers, as a meter makes them. */
import { LATENCY_BUCKETS } from '../../src/host/frame.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import type { FrameColumns } from '../../src/telemetry/telemetry.ts'

export type ObservedColumns = Extract<FrameColumns, { observed: true }>

export type QueueFrames = {
  /** The next frame, in the same memory. */
  readonly next: () => ObservedColumns
}

/** @param n makes its ids: others for every function */
export function queueFrames(queues: number, n = 0): QueueFrames {
  const column = (length = queues) => new Float64Array(length)
  const numbers = {
    qid: Float64Array.from({ length: queues }, (_, row) => row + 1),
    cpus: Array.from({ length: queues }, (_, row) => `${row}`),
    inFlight: column(),
    interruptsPerSecond: column(),
    commandsPerSecond: column(),
    commands: column(),
    latency: column(queues * LATENCY_BUCKETS),
    latencyP50Us: column(),
    latencyP99Us: column(),
    latencyMaxUs: column(),
  }
  const fn = {
    hostId: uuidOf(0),
    kind: 'controller' as const,
    id: uuidOf(n + 1),
    address: pciAddress('0000:01:00.0'),
  }
  let sequence = 0
  return {
    next: () => {
      sequence += 1
      fill(numbers, sequence)
      return {
        fn,
        sequence,
        sourceClockMs: monotonicMs(),
        wallClockMs: Date.now(),
        periodMs: 1000,
        observed: true,
        sources: ['emulator'],
        commandsBasis: 'trace-histograms',
        queues: numbers,
        device: DEVICE,
      }
    },
  }
}

const DEVICE = {
  readCommandsPerSecond: 12_345.678,
  writeCommandsPerSecond: 2345.678,
  readBytesPerSecond: 987_654_321.5,
  writeBytesPerSecond: 87_654_321.5,
  readLatencyMs: 0.0812,
  writeLatencyMs: 0.0253,
  inFlight: 17,
}

/** Numbers as they are: depths, rates with many digits, counts, powers of two. */
function fill(numbers: ObservedColumns['queues'], sequence: number): void {
  for (let row = 0; row < numbers.qid.length; row++) {
    const wave = ((row * 7919 + sequence * 104_729) % 100_003) / 3
    numbers.inFlight[row] = row % 32
    numbers.interruptsPerSecond[row] = wave
    numbers.commandsPerSecond[row] = 1.7 * wave
    numbers.commands[row] = Math.round(1.7 * wave)
    numbers.latencyP50Us[row] = 64
    numbers.latencyP99Us[row] = 512
    numbers.latencyMaxUs[row] = 4096
  }
}

/** As C's CLOCK_MONOTONIC tells it. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

function uuidOf(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`
}

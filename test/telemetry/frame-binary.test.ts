/** Binary frames as the client's decoder reads them, against the frame that they were made of. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeFrame, type DecodedFrame } from '../../clients/telemetry/decode-frame.ts'
import { LATENCY_BUCKETS, type Untraced } from '../../src/host/frame.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { frameAsBinary } from '../../src/telemetry/frame-binary.ts'
import { UNTRACED_CODES } from '../../src/telemetry/frame-layout.ts'
import { METRIC_NAMES, needsTrace, type Metric } from '../../src/telemetry/metrics.ts'
import { selectMetrics } from '../../src/telemetry/selection.ts'
import type { FrameColumns } from '../../src/telemetry/telemetry.ts'

// The keys of a table by reason are the reasons: Object.keys forgets that.
const UNTRACED = Object.keys(UNTRACED_CODES) as readonly Untraced[]

/** NaN, and more than 24 bits hold, among them. */
const number = fc.oneof(
  fc.constant(NaN),
  fc.constant(0),
  fc.double({ min: 0, max: 1e15, noNaN: true }),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
)

const column = (length: number) =>
  fc
    .array(number, { minLength: length, maxLength: length })
    .map((values) => Float64Array.from(values))

const queues = fc.integer({ min: 0, max: 40 }).chain((rows) =>
  fc.record({
    qid: fc
      .array(fc.integer({ min: 1, max: 65_535 }), { minLength: rows, maxLength: rows })
      .map((ids) => Float64Array.from(ids)),
    cpus: fc.constant(Array.from({ length: rows }, () => '0')),
    inFlight: column(rows),
    interruptsPerSecond: column(rows),
    commandsPerSecond: column(rows),
    commands: column(rows),
    latency: fc.oneof(fc.constant(new Float64Array(0)), column(rows * LATENCY_BUCKETS)),
    latencyP50Us: column(rows),
    latencyP99Us: column(rows),
    latencyMaxUs: column(rows),
  })
)

const heading = fc.record({
  fn: fc.record({
    hostId: fc.uuid(),
    id: fc.uuid(),
    kind: fc.constantFrom('controller' as const, 'virtualFunction' as const),
    address: fc.constant(pciAddress('0000:01:00.0')),
  }),
  sequence: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  sourceClockMs: fc.double({ min: 0, max: 1e12, noNaN: true }),
  wallClockMs: fc.double({ min: 0, max: 1e13, noNaN: true }),
  periodMs: fc.integer({ min: 100, max: 60_000 }),
})

const observed = fc.record({
  observed: fc.constant(true as const),
  sources: fc.subarray([
    'block-layer',
    'blk-mq-debugfs',
    'trace-histograms',
    'interrupts',
    'emulator',
  ] as const),
  commandsBasis: fc.constantFrom(
    'trace-histograms' as const,
    'device-count-by-interrupt-share' as const
  ),
  queues,
  untraced: fc.option(fc.constantFrom(...UNTRACED), { nil: undefined }),
  device: fc.record({
    readCommandsPerSecond: number,
    writeCommandsPerSecond: number,
    readBytesPerSecond: number,
    writeBytesPerSecond: number,
    readLatencyMs: number,
    writeLatencyMs: number,
    inFlight: number,
  }),
})

/** Those whose traces work have no such property. */
const observedOrNot = observed.map(({ untraced, ...rest }) =>
  untraced === undefined ? rest : { ...rest, untraced }
)

const relayed = fc.oneof(
  fc.constant({ observed: false, why: 'posted-interrupts-possible' } as const),
  fc.array(fc.tuple(fc.integer({ min: 1, max: 65_535 }), number), { maxLength: 40 }).map(
    (rows) =>
      ({
        observed: true,
        qid: Float64Array.from(rows, ([qid]) => qid),
        perSecond: Float64Array.from(rows, ([, rate]) => rate),
      }) as const
  )
)

const unobserved = fc.record({
  observed: fc.constant(false as const),
  why: fc.constantFrom(
    'owned-by-guest' as const,
    'no-driver' as const,
    'gone' as const,
    'controller-not-live' as const
  ),
})

const guests = relayed.map((interrupts) => ({
  observed: false as const,
  why: 'owned-by-guest' as const,
  interrupts,
}))

const frames: fc.Arbitrary<FrameColumns> = fc
  .tuple(heading, fc.oneof(observedOrNot, unobserved, guests))
  .map(([head, rest]) => ({ ...head, ...rest }))

const wishes = fc.subarray([...METRIC_NAMES])

/** As a socket may give it: in the middle of other bytes. */
function received(message: Uint8Array, offset: number): Uint8Array {
  const memory = new Uint8Array(message.length + offset)
  memory.set(message, offset)
  return memory.subarray(offset)
}

test('what the client reads is what the frame had, wherever the message lies in memory', () => {
  const anywhere = fc.integer({ min: 0, max: 9 })
  const channels = fc.integer({ min: 1, max: 2 ** 32 - 1 })
  fc.assert(
    fc.property(frames, wishes, channels, anywhere, (frame, metrics, channel, offset) => {
      const message = frameAsBinary(frame, selectMetrics(metrics), channel)

      const read = decodeFrame(received(message, offset))

      const { fn, sequence, sourceClockMs, wallClockMs, periodMs } = frame
      expect(read).toMatchObject({
        channel,
        hostId: fn.hostId,
        functionKind: fn.kind,
        functionId: fn.id,
        sequence,
        sourceClockMs,
        wallClockMs,
        periodMs,
        observed: frame.observed,
      })
      expect(read.whyNoTrace).toBe(whyNoTrace(frame, metrics))
      if (!frame.observed) return expectUnobserved(read, frame)
      expect([read.why, read.whyNoInterrupts]).toEqual([null, null])
      expect(read.sources).toEqual(frame.sources)
      expect(read.commandsBasis).toBe(frame.commandsBasis)
      expect([...read.qid]).toEqual([...frame.queues.qid])
      expect(Object.keys(read.columns).toSorted()).toEqual(metrics.toSorted())
      for (const name of metrics)
        expect([...(read.columns[name] ?? [])], name).toEqual(numbersOf(frame, name))
    })
  )
})

/** Who asks for nothing that a trace tells does not ask why there is none. */
function whyNoTrace(frame: FrameColumns, metrics: readonly Metric[]): string | null {
  return frame.observed && metrics.some(needsTrace) ? (frame.untraced ?? null) : null
}

function expectUnobserved(
  read: DecodedFrame,
  { why, interrupts }: Extract<FrameColumns, { observed: false }>
): void {
  const seen = interrupts?.observed === true ? interrupts : undefined
  const whyNot = interrupts?.observed === false ? interrupts.why : null
  expect([read.why, read.whyNoInterrupts]).toEqual([why, whyNot])
  expect(read.sources).toEqual(seen ? ['interrupts'] : [])
  expect([...read.qid]).toEqual([...(seen?.qid ?? [])])
  const columns = seen
    ? { 'queues.interruptsPerSecond': Float32Array.from(seen.perSecond) }
    : {}
  expect(read.columns).toEqual(columns)
}

/** Counts and what is said of a device are exact, all else has the 24 bits of a Float32. */
function numbersOf(
  { queues: numbers, device }: Extract<FrameColumns, { observed: true }>,
  metric: Metric
): readonly number[] {
  const named = new Map<string, number | Float64Array | readonly string[]>([
    ...Object.entries(device).map(([name, value]) => [`device.${name}`, value] as const),
    ...Object.entries(numbers).map(([name, value]) => [`queues.${name}`, value] as const),
  ])
  const value = named.get(metric)
  if (typeof value === 'number') return [value]
  if (!(value instanceof Float64Array)) throw new Error(`${metric} is no column`)
  if (metric === 'queues.commands') return [...value]
  if (metric !== 'queues.latency') return [...Float32Array.from(value)]
  const length = numbers.qid.length * LATENCY_BUCKETS
  return value.length === length ? [...value] : Array.from({ length }, () => NaN)
}

test('what is no frame, or not the whole of one, is refused', () => {
  fc.assert(
    fc.property(frames, fc.nat(), (frame, cut) => {
      const message = frameAsBinary(frame, selectMetrics(METRIC_NAMES), 1).slice()

      expect(() => decodeFrame(message.subarray(0, cut % message.length))).toThrow()
    })
  )
  expect(() => decodeFrame(new Uint8Array(200))).toThrow('no frame')
})

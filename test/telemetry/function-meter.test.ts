import { expect, test } from 'vitest'
import { LATENCY_BUCKETS } from '../../src/host/frame.ts'
import type { DeviceColumns, HostFrame } from '../../src/host/frame.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { FunctionMeter } from '../../src/telemetry/function-meter.ts'
import { asRead } from './as-read.ts'

const address = pciAddress('0000:01:00.1')
const fn = { hostId: 'host', kind: 'virtualFunction', id: 'vf', address } as const

const device = (ios: number, ticksMs: number): DeviceColumns => ({
  readIos: ios,
  readBytes: ios * 4096,
  readTicksMs: ticksMs,
  writeIos: 0,
  writeBytes: 0,
  writeTicksMs: 0,
  inFlight: 3,
})

function newMeter() {
  const meter = new FunctionMeter(fn, 1000)
  return {
    read: (raw: HostFrame) => {
      const frame = meter.read(raw)
      return frame && asRead(frame)
    },
  }
}

type Tick = {
  readonly clockMs: number
  readonly ios: number
  readonly interrupts: readonly number[]
  readonly ticksMs?: number
  readonly bootId?: string
  readonly life?: string
  /** Exact counts of commands, as the trace has them. */
  readonly commands?: readonly number[]
  /** Of each queue: bucket and count. */
  readonly latency?: readonly (readonly (readonly [bucket: number, count: number])[])[]
}

const LIFE = 'nvme0 nvme0n1#1 0'

function tick(given: Tick): HostFrame {
  const { clockMs, ios, interrupts, ticksMs = 0, bootId = 'boot', life = LIFE } = given
  const { commands = interrupts.map(() => NaN), latency = [] } = given
  return {
    bootId,
    fn: address,
    sourceClockMs: clockMs,
    wallClockMs: 1_700_000_000_000 + clockMs,
    sequence: 1,
    observed: {
      observed: true,
      life,
      sources: ['emulator'],
      queues: {
        qid: Float64Array.from(interrupts, (_, row) => row + 1),
        inFlight: Float64Array.from(interrupts, () => 1),
        interrupts: Float64Array.from(interrupts),
        commands: Float64Array.from(commands),
        latency: Float64Array.from(latency.flatMap(histogram)),
        cpus: interrupts.map((_, row) => String(row)),
      },
      device: device(ios, ticksMs),
    },
  }
}

function histogram(
  counts: readonly (readonly [bucket: number, count: number])[]
): number[] {
  const buckets = Array.from({ length: LATENCY_BUCKETS }, () => 0)
  for (const [bucket, count] of counts) buckets[bucket] = count
  return buckets
}

const guestOwned = (clockMs: number): HostFrame => ({
  ...tick({ clockMs, ios: 0, interrupts: [] }),
  observed: { observed: false, why: 'owned-by-guest' },
})

test('the first reading makes no frame, the second makes rates by the clock of the host', () => {
  const meter = newMeter()

  const first = meter.read(tick({ clockMs: 0, ios: 1000, interrupts: [100, 100] }))
  const second = meter.read(
    tick({ clockMs: 2000, ios: 1400, interrupts: [300, 100], ticksMs: 800 })
  )

  expect(first).toBeUndefined()
  expect(second).toMatchObject({
    sequence: 1,
    observed: true,
    at: new Date(1_700_000_002_000).toISOString(),
    queues: {
      interruptsPerSecond: [100, 0],
      commandsPerSecond: [200, 0],
      inFlight: [1, 1],
    },
    device: {
      readCommandsPerSecond: 200,
      readBytesPerSecond: 200 * 4096,
      readLatencyMs: 2,
      writeCommandsPerSecond: 0,
      writeLatencyMs: null,
      inFlight: 3,
    },
  })
})

test('each interval is measured against the reading just before it', () => {
  const meter = newMeter()
  meter.read(tick({ clockMs: 0, ios: 0, interrupts: [0] }))
  meter.read(tick({ clockMs: 1000, ios: 50, interrupts: [50] }))

  const third = meter.read(tick({ clockMs: 2000, ios: 60, interrupts: [60] }))

  expect(third).toMatchObject({
    sequence: 2,
    queues: { commandsPerSecond: [10], interruptsPerSecond: [10] },
  })
})

test('columns that the driver fills again do not change what was read before', () => {
  const meter = newMeter()
  const raw = tick({ clockMs: 0, ios: 0, interrupts: [0, 0] })
  meter.read(raw)
  if (raw.observed.observed) raw.observed.queues.interrupts.set([10, 30])
  const again = tick({ clockMs: 1000, ios: 40, interrupts: [10, 30] })

  expect(meter.read(again)).toMatchObject({ queues: { commandsPerSecond: [10, 30] } })
})

test('a guest that owns the queues is said at once, and the life after it begins anew', () => {
  const meter = newMeter()
  meter.read(tick({ clockMs: 0, ios: 500, interrupts: [5] }))

  const owned = meter.read(guestOwned(1000))
  const firstAfter = meter.read(tick({ clockMs: 2000, ios: 900, interrupts: [9] }))
  const secondAfter = meter.read(tick({ clockMs: 3000, ios: 910, interrupts: [10] }))

  expect(owned).toMatchObject({ observed: false, why: 'owned-by-guest', sequence: 1 })
  expect(firstAfter).toBeUndefined()
  expect(secondAfter).toMatchObject({ sequence: 2, device: { readCommandsPerSecond: 10 } })
})

test('a clock that stood still ends no interval', () => {
  const meter = newMeter()
  meter.read(tick({ clockMs: 0, ios: 0, interrupts: [0] }))

  expect(meter.read(tick({ clockMs: 0, ios: 9, interrupts: [9] }))).toBeUndefined()
})

/** Each counter went on, as far as can be seen from it. */
const next = { clockMs: 1000, ios: 1010, ticksMs: 50_000 }

test.for([
  ['a reboot', { ...next, interrupts: [1005, 1005], bootId: 'another' }],
  ['another number of queues', { ...next, interrupts: [1005] }],
  ['another instance', { ...next, interrupts: [1005, 1005], life: 'nvme1 nvme1n1#1 0' }],
  ['other disks', { ...next, interrupts: [1005, 1005], life: 'nvme0 nvme0n1#2 0' }],
] as const)('%s leaves one interval without rates, and begins anew', ([, other]) => {
  const meter = newMeter()
  meter.read(tick({ clockMs: 0, ios: 1000, ticksMs: 10, interrupts: [1000, 1000] }))
  const unknown = other.interrupts.map(() => null)

  const across = meter.read(tick(other))
  const after = meter.read(tick({ ...other, clockMs: 2000, ios: 1030, ticksMs: 50_040 }))

  expect(across).toMatchObject({
    sequence: 1,
    queues: {
      inFlight: other.interrupts.map(() => 1),
      interruptsPerSecond: unknown,
      commandsPerSecond: unknown,
    },
    device: {
      readCommandsPerSecond: null,
      readBytesPerSecond: null,
      readLatencyMs: null,
      writeLatencyMs: null,
      inFlight: 3,
    },
  })
  expect(after).toMatchObject({
    sequence: 2,
    device: { readCommandsPerSecond: 20, readLatencyMs: 2 },
  })
})

test('a driver bound anew makes one frame of unknown rates', () => {
  const meter = newMeter()
  meter.read(tick({ clockMs: 0, ios: 5000, interrupts: [700] }))

  const frame = meter.read(tick({ clockMs: 1000, ios: 10, interrupts: [2] }))

  expect(frame).toMatchObject({
    queues: { commandsPerSecond: [null], interruptsPerSecond: [null] },
    device: { readCommandsPerSecond: null, readLatencyMs: null },
  })
})

test('where each command was counted nothing is shared out, and the first such interval says that it was', () => {
  const meter = newMeter()
  meter.read(tick({ clockMs: 0, ios: 0, interrupts: [0, 0] }))

  const armed = meter.read(
    tick({ clockMs: 1000, ios: 100, interrupts: [10, 10], commands: [70, 30] })
  )
  const counted = meter.read(
    tick({ clockMs: 3000, ios: 200, interrupts: [20, 20], commands: [160, 40] })
  )

  expect(armed).toMatchObject({
    queues: {
      commandsBasis: 'device-count-by-interrupt-share',
      commands: [null, null],
      commandsPerSecond: [50, 50],
    },
  })
  expect(counted).toMatchObject({
    queues: {
      commandsBasis: 'trace-histograms',
      commands: [90, 10],
      commandsPerSecond: [45, 5],
    },
  })
})

test('latencies are those of the interval, and their bounds are powers of two', () => {
  const meter = newMeter()
  const idle: readonly (readonly [number, number])[] = []
  const before = tick({
    clockMs: 0,
    ios: 0,
    interrupts: [0, 0],
    latency: [[[3, 50]], idle],
  })
  meter.read(before)

  const now: readonly (readonly [number, number])[] = [
    [3, 100],
    [5, 49],
    [9, 1],
  ]
  const frame = meter.read(
    tick({ clockMs: 1000, ios: 100, interrupts: [1, 1], latency: [now, idle] })
  )

  if (!frame?.observed) throw new Error('not observed')
  const [busy = [], quiet = []] = frame.queues.latency ?? []
  expect([busy[3], busy[5], busy[9]]).toEqual([50, 49, 1])
  expect([...busy, ...quiet].reduce<number>((sum, n) => sum + (n ?? NaN), 0)).toBe(100)
  expect(frame.queues).toMatchObject({
    latencyP50Us: [8, null],
    latencyP99Us: [32, null],
    latencyMaxUs: [512, null],
  })
})

test('a histogram that began anew has no interval, nor has one that is no longer there', () => {
  const meter = newMeter()
  meter.read(tick({ clockMs: 0, ios: 0, interrupts: [0], latency: [[[3, 50]]] }))

  const anew = meter.read(
    tick({ clockMs: 1000, ios: 1, interrupts: [1], latency: [[[3, 2]]] })
  )
  const gone = meter.read(tick({ clockMs: 2000, ios: 2, interrupts: [2] }))

  if (!anew?.observed || !gone?.observed) throw new Error('not observed')
  expect(anew.queues.latency?.[0]?.[3]).toBeNull()
  expect(anew.queues.latencyP50Us).toEqual([null])
  expect(gone.queues.latencyP50Us).toEqual([null])
})

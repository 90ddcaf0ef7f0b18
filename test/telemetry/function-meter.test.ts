import { expect, test } from 'vitest'
import type { DeviceColumns, HostFrame } from '../../src/host/frame.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { FunctionMeter } from '../../src/telemetry/function-meter.ts'

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

type Tick = {
  readonly clockMs: number
  readonly ios: number
  readonly interrupts: readonly number[]
  readonly ticksMs?: number
  readonly bootId?: string
  readonly life?: string
}

const LIFE = 'nvme0 nvme0n1#1 0'

function tick(given: Tick): HostFrame {
  const { clockMs, ios, interrupts, ticksMs = 0, bootId = 'boot', life = LIFE } = given
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
        commands: Float64Array.from(interrupts, () => NaN),
        latency: new Float64Array(0),
        cpus: interrupts.map((_, row) => String(row)),
      },
      device: device(ios, ticksMs),
    },
  }
}

const guestOwned = (clockMs: number): HostFrame => ({
  ...tick({ clockMs, ios: 0, interrupts: [] }),
  observed: { observed: false, why: 'owned-by-guest' },
})

test('the first reading makes no frame, the second makes rates by the clock of the host', () => {
  const meter = new FunctionMeter(fn, 1000)

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
  const meter = new FunctionMeter(fn, 1000)
  meter.read(tick({ clockMs: 0, ios: 0, interrupts: [0] }))
  meter.read(tick({ clockMs: 1000, ios: 50, interrupts: [50] }))

  const third = meter.read(tick({ clockMs: 2000, ios: 60, interrupts: [60] }))

  expect(third).toMatchObject({
    sequence: 2,
    queues: { commandsPerSecond: [10], interruptsPerSecond: [10] },
  })
})

test('columns that the driver fills again do not change what was read before', () => {
  const meter = new FunctionMeter(fn, 1000)
  const raw = tick({ clockMs: 0, ios: 0, interrupts: [0, 0] })
  meter.read(raw)
  if (raw.observed.observed) raw.observed.queues.interrupts.set([10, 30])
  const again = tick({ clockMs: 1000, ios: 40, interrupts: [10, 30] })

  expect(meter.read(again)).toMatchObject({ queues: { commandsPerSecond: [10, 30] } })
})

test('a guest that owns the queues is said at once, and the life after it begins anew', () => {
  const meter = new FunctionMeter(fn, 1000)
  meter.read(tick({ clockMs: 0, ios: 500, interrupts: [5] }))

  const owned = meter.read(guestOwned(1000))
  const firstAfter = meter.read(tick({ clockMs: 2000, ios: 900, interrupts: [9] }))
  const secondAfter = meter.read(tick({ clockMs: 3000, ios: 910, interrupts: [10] }))

  expect(owned).toMatchObject({ observed: false, why: 'owned-by-guest', sequence: 1 })
  expect(firstAfter).toBeUndefined()
  expect(secondAfter).toMatchObject({ sequence: 2, device: { readCommandsPerSecond: 10 } })
})

test('a clock that stood still ends no interval', () => {
  const meter = new FunctionMeter(fn, 1000)
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
  const meter = new FunctionMeter(fn, 1000)
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
  const meter = new FunctionMeter(fn, 1000)
  meter.read(tick({ clockMs: 0, ios: 5000, interrupts: [700] }))

  const frame = meter.read(tick({ clockMs: 1000, ios: 10, interrupts: [2] }))

  expect(frame).toMatchObject({
    queues: { commandsPerSecond: [null], interruptsPerSecond: [null] },
    device: { readCommandsPerSecond: null, readLatencyMs: null },
  })
})

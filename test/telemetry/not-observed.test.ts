/** What cannot be seen from the host is said with its reason, and is never zero. */
import { expect, test } from 'vitest'
import type { FrameObserved, HostFrame } from '../../src/host/frame.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { frameAsJson } from '../../src/telemetry/frame-json.ts'
import { FunctionMeter } from '../../src/telemetry/function-meter.ts'
import { selectMetrics } from '../../src/telemetry/selection.ts'
import { asRead } from './as-read.ts'

const address = pciAddress('0000:01:00.1')
const FN = { hostId: 'host-1', kind: 'virtualFunction', id: 'vf-1', address } as const

type NotObserved = Extract<FrameObserved, { observed: false }>
type Observed = Extract<FrameObserved, { observed: true }>

function frame(seconds: number, observed: FrameObserved): HostFrame {
  return {
    bootId: 'boot',
    fn: address,
    sourceClockMs: 1000 * seconds,
    wallClockMs: 1000 * seconds,
    sequence: 1,
    observed,
  }
}

function columns(interrupts: readonly number[]) {
  const unknown = () => Float64Array.from(interrupts, () => NaN)
  return {
    qid: Float64Array.from(interrupts, (_, row) => row + 1),
    inFlight: unknown(),
    interrupts: Float64Array.from(interrupts),
    commands: unknown(),
    latency: new Float64Array(0),
    cpus: interrupts.map(() => ''),
  }
}

const guests = (interrupts: readonly number[]): NotObserved => ({
  observed: false,
  why: 'owned-by-guest',
  queues: columns(interrupts),
})

function readAll(frames: readonly HostFrame[]) {
  const meter = new FunctionMeter(FN, 1000)
  return frames.flatMap((raw) => {
    const read = meter.read(raw)
    return read ? [asRead(read)] : []
  })
}

test("of a guest's function the interrupts that the host relays are told, by queue", () => {
  const told = readAll([frame(1, guests([10, 0])), frame(3, guests([50, 0]))])

  expect(told).toMatchObject([
    { observed: false, why: 'owned-by-guest', interrupts: { perSecond: [null, null] } },
    { interrupts: { observed: true, qid: [1, 2], perSecond: [20, 0] } },
  ])
})

test("a guest that enables other vectors, or a host's new boot, begins anew", () => {
  const rebooted = { ...frame(4, guests([100])), bootId: 'next' }

  const told = readAll([
    frame(1, guests([10])),
    frame(2, guests([10, 10])),
    frame(3, guests([20])),
    rebooted,
  ])

  expect(told).toMatchObject([
    { interrupts: { perSecond: [null] } },
    { interrupts: { perSecond: [null, null] } },
    { interrupts: { perSecond: [null] } },
    { interrupts: { perSecond: [null] } },
  ])
})

test('interrupts that may go past the host are not told as none', () => {
  const posted = { observed: false, why: 'posted-interrupts-possible' } as const

  const told = readAll([
    frame(1, { ...guests([10]), interrupts: posted }),
    frame(2, guests([30])),
  ])

  expect(told).toMatchObject([
    { interrupts: posted },
    { interrupts: { observed: true, perSecond: [null] } },
  ])
})

test('who asks for what only a trace can tell is told why it is not there', () => {
  const untraced: Observed = {
    observed: true,
    life: 'a',
    sources: ['block-layer'],
    queues: columns([1]),
    device: {
      readIos: 0,
      readBytes: 0,
      readTicksMs: 0,
      writeIos: 0,
      writeBytes: 0,
      writeTicksMs: 0,
      inFlight: 0,
    },
    untraced: 'not-mounted',
  }
  const meter = new FunctionMeter(FN, 1000)
  meter.read(frame(1, untraced))
  const read = meter.read(frame(2, untraced))
  if (read === undefined) throw new Error('no interval')

  const asked = frameAsJson(read, selectMetrics(['queues.commands']))
  const others = frameAsJson(read, selectMetrics(['device.inFlight']))

  expect(asked).toMatchObject({
    trace: { observed: false, why: 'not-mounted' },
    queues: { commands: [null] },
  })
  expect(others).not.toHaveProperty('trace')
})

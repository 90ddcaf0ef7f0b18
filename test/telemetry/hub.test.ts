import { expect, test } from 'vitest'
import { SYSTEM } from '../../src/access/caller.ts'
import { ControlPlaneError } from '../../src/errors.ts'
import type { FrameColumns, Scope, TelemetryFrame } from '../../src/telemetry/telemetry.ts'
import { asRead } from './as-read.ts'
import { HOST, PF, watchedHost } from './watched-host.ts'

const PLAIN = '0000:02:00.0'
const CONTEXT = { operationId: 'o', step: 's', fence: 1, deadlineMs: 1000 }

function collect(): { frames: TelemetryFrame[]; onFrame: (frame: FrameColumns) => void } {
  const frames: TelemetryFrame[] = []
  return { frames, onFrame: (frame) => frames.push(asRead(frame)) }
}

const of = (id: string, frames: readonly TelemetryFrame[]) =>
  frames.filter((frame) => frame.functionId === id)

test('two viewers of one host share a watch and see the same frames', async () => {
  const { clock, telemetry, watches } = await watchedHost()
  const [first, second] = [collect(), collect()]
  await telemetry.subscribe(SYSTEM, { hostIds: [HOST], periodMs: 1000 }, first.onFrame)
  await clock.advance(2500)

  await telemetry.subscribe(SYSTEM, { hostIds: [HOST], periodMs: 1000 }, second.onFrame)
  await clock.advance(2000)

  expect(watches.running.get(1000)).toBe(1)
  expect(watches.begun()).toBe(1)
  expect(second.frames.length).toBeGreaterThan(0)
  expect(second.frames).toEqual(first.frames.slice(-second.frames.length))
  expect(of(PF, first.frames).map(({ sequence }) => sequence)).toEqual(
    of(PF, first.frames).map((_, i) => i + 1)
  )
})

test('numbers of a busy controller move, and its queues sum to its commands', async () => {
  const { clock, telemetry } = await watchedHost()
  const { frames, onFrame } = collect()
  await telemetry.subscribe(SYSTEM, { controllerIds: [PLAIN], periodMs: 1000 }, onFrame)

  await clock.advance(6000)

  const busy = of(PLAIN, frames)
  expect(busy.length).toBeGreaterThanOrEqual(4)
  for (const frame of busy) {
    if (!frame.observed) throw new Error(`not observed: ${frame.why}`)
    const { device, queues } = frame
    const commands =
      (device.readCommandsPerSecond ?? 0) + (device.writeCommandsPerSecond ?? 0)
    const ofQueues = queues.commandsPerSecond.reduce<number>(
      (sum, n) => sum + (n ?? NaN),
      0
    )
    expect(commands).toBeGreaterThan(100)
    expect(ofQueues).toBeCloseTo(commands, 6)
    expect(frame.sources).toContain('emulator')
  }
})

test('the watch ends with its last viewer', async () => {
  const { clock, telemetry, watches } = await watchedHost()
  const { frames, onFrame } = collect()
  const request = { hostIds: [HOST], periodMs: 1000 }
  const leave = await telemetry.subscribe(SYSTEM, request, onFrame)
  const leaveToo = await telemetry.subscribe(SYSTEM, request, () => undefined)
  await clock.advance(2500)

  await leave()
  const seen = frames.length
  await clock.advance(2000)

  expect(watches.running.get(1000)).toBe(1)
  expect(frames.length).toBe(seen)
  await leaveToo()
  expect(watches.running.get(1000)).toBe(0)
  expect(clock.pending()).toBe(0)
})

test('another period is another watch', async () => {
  const { telemetry, watches } = await watchedHost()

  await telemetry.subscribe(SYSTEM, { hostIds: [HOST], periodMs: 1000 }, () => undefined)
  await telemetry.subscribe(SYSTEM, { controllerIds: [PF], periodMs: 250 }, () => undefined)

  expect(Object.fromEntries(watches.running)).toEqual({ 1000: 1, 250: 1 })
})

test('a VF joins the frames of its host once the inventory knows it, and sequences go on', async () => {
  const { clock, telemetry, watches, storeScan } = await watchedHost()
  const { frames, onFrame } = collect()
  await telemetry.subscribe(SYSTEM, { hostIds: [HOST], periodMs: 1000 }, onFrame)
  await clock.advance(3500)
  const before = of(PF, frames).length

  await watches.driver.apply({ change: 'setAutoprobe', pf: PF, enabled: false }, CONTEXT)
  await watches.driver.apply({ change: 'setVfCount', pf: PF, count: 2 }, CONTEXT)
  await storeScan()
  await clock.advance(5000)

  expect(of('0000:01:00.1', frames)[0]).toMatchObject({
    functionKind: 'virtualFunction',
    observed: false,
    why: 'no-driver',
    sequence: 1,
  })
  const sequences = of(PF, frames).map(({ sequence }) => sequence)
  expect(sequences.length).toBeGreaterThan(before)
  expect(sequences).toEqual(sequences.map((_, i) => i + 1))
})

test('a host that was away is watched when it is back', async () => {
  const { clock, hosts, telemetry, watches } = await watchedHost()
  hosts.set({ id: HOST, reach: 'away', why: 'no answer' })
  const { frames, onFrame } = collect()
  await telemetry.subscribe(SYSTEM, { hostIds: [HOST], periodMs: 1000 }, onFrame)
  await clock.advance(3000)
  expect(frames).toEqual([])

  hosts.set({ id: HOST, reach: 'reachable', driver: watches.driver })
  await clock.advance(8000)

  expect(of(PF, frames).length).toBeGreaterThan(0)
})

test('a watch that cannot be started is told of, and tried again', async () => {
  const { clock, hosts, telemetry, watches, trouble } = await watchedHost()
  let broken = true
  const driver = {
    ...watches.driver,
    watch: ((...how) =>
      broken
        ? Promise.reject(new Error('no counters'))
        : watches.driver.watch(...how)) as typeof watches.driver.watch,
  }
  hosts.set({ id: HOST, reach: 'reachable', driver })
  const { frames, onFrame } = collect()
  await telemetry.subscribe(SYSTEM, { hostIds: [HOST], periodMs: 1000 }, onFrame)
  expect(trouble).toEqual([new Error('no counters')])

  broken = false
  await clock.advance(8000)

  expect(of(PF, frames).length).toBeGreaterThan(0)
})

test('a viewer that throws is told of once, and keeps no other from its frames', async () => {
  const { clock, telemetry, trouble } = await watchedHost()
  const request = { controllerIds: [PLAIN], periodMs: 1000 }
  const fail = () => {
    throw new Error('a viewer’s bug')
  }
  await telemetry.subscribe(SYSTEM, request, fail)
  const { frames, onFrame } = collect()
  await telemetry.subscribe(SYSTEM, request, onFrame)

  await clock.advance(4000)

  expect(frames.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4])
  expect(trouble).toEqual([new Error('a viewer’s bug')])
})

test('counters that cannot be read are told of, and the next tick reads them', async () => {
  const { clock, telemetry, trouble, machine } = await watchedHost()
  const { frames, onFrame } = collect()
  await telemetry.subscribe(SYSTEM, { controllerIds: [PLAIN], periodMs: 1000 }, onFrame)
  const { call } = machine.kernel
  await clock.advance(1000)

  machine.kernel.call = () => Promise.reject(new Error('a bug'))
  await clock.advance(3000)
  machine.kernel.call = call
  const before = frames.length
  await clock.advance(3000)

  expect(trouble).toEqual([new Error('a bug')])
  expect(frames.length).toBe(before + 3)
})

const REFUSED = [
  [{ periodMs: 1000 }, 'invalid'],
  [{ hostIds: [HOST], periodMs: 99 }, 'invalid'],
  [{ hostIds: [HOST], periodMs: 60_001 }, 'invalid'],
  [{ hostIds: [HOST], periodMs: 100.5 }, 'invalid'],
  [{ hostIds: ['nobody'], periodMs: 1000 }, 'not-found'],
  [{ controllerIds: ['nobody'], periodMs: 1000 }, 'not-found'],
  [{ virtualFunctionIds: ['nobody'], periodMs: 1000 }, 'not-found'],
] as const

test('a subscription that means nothing is refused, and starts no watch', async () => {
  const { telemetry, watches } = await watchedHost()
  const nobody = () => undefined

  for (const [request, kind] of REFUSED) {
    const refused: unknown = await telemetry
      .subscribe(SYSTEM, request, nobody)
      .catch((error: unknown) => error)
    expect(refused, JSON.stringify(request)).toBeInstanceOf(ControlPlaneError)
    expect(refused).toMatchObject({ trouble: { kind } })
  }

  expect(watches.begun()).toBe(0)
})

test('the trace is armed while somebody asks for what only it can tell', async () => {
  const { telemetry, watches } = await watchedHost()
  const request = { controllerIds: [PLAIN], periodMs: 1000 }
  const nobody = () => undefined
  await telemetry.subscribe(SYSTEM, request, nobody)

  const metrics = ['queues.inFlight', 'queues.latency'] as const
  const leave = await telemetry.subscribe(SYSTEM, { ...request, metrics }, nobody)
  await leave()

  expect(watches.details).toEqual([{ trace: false }, { trace: true }, { trace: false }])
})

test('the fleet is every function of every host, and one that comes joins it', async () => {
  const { clock, telemetry, watches, storeScan } = await watchedHost()
  const { frames, onFrame } = collect()
  await telemetry.subscribe(SYSTEM, { fleet: true, periodMs: 1000 }, onFrame)
  await clock.advance(2500)
  const first = telemetry.list(SYSTEM, { fleet: true }).map(({ id }) => id)

  await watches.driver.apply({ change: 'setAutoprobe', pf: PF, enabled: false }, CONTEXT)
  await watches.driver.apply({ change: 'setVfCount', pf: PF, count: 2 }, CONTEXT)
  await storeScan()
  await clock.advance(5000)

  const then = telemetry.list(SYSTEM, { fleet: true }).map(({ id }) => id)
  expect(first).toEqual([PF, PLAIN])
  expect(then).toEqual([PF, '0000:01:00.1', '0000:01:00.2', PLAIN])
  for (const id of then) expect(of(id, frames).length, id).toBeGreaterThan(0)
})

test('a scope names controllers with their VFs, or a VF alone', async () => {
  const { telemetry, watches, storeScan } = await watchedHost()
  await watches.driver.apply({ change: 'setAutoprobe', pf: PF, enabled: false }, CONTEXT)
  await watches.driver.apply({ change: 'setVfCount', pf: PF, count: 2 }, CONTEXT)
  await storeScan()
  const idsOf = (scope: Scope) => telemetry.list(SYSTEM, scope).map(({ id }) => id)

  expect(idsOf({ controllerIds: [PF] })).toEqual([PF, '0000:01:00.1', '0000:01:00.2'])
  expect(idsOf({ virtualFunctionIds: ['0000:01:00.2'] })).toEqual(['0000:01:00.2'])
  expect(() => idsOf({})).toThrow(ControlPlaneError)
})

test('who subscribes at once shares a look at the inventory', async () => {
  const { telemetry, store, watches } = await watchedHost()
  let looks = 0
  const { inventoryOf } = store.read
  store.read.inventoryOf = (hostId) => {
    looks += 1
    return inventoryOf(hostId)
  }
  const many = Array.from({ length: 50 }, (_, n) => n)

  await Promise.all(
    many.map((n) =>
      telemetry.subscribe(
        SYSTEM,
        { hostIds: [HOST], controllerIds: n % 2 ? [PF] : [], periodMs: 1000 },
        () => undefined
      )
    )
  )

  expect(looks).toBe(1)
  expect(watches.begun()).toBe(1)
})

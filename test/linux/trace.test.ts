/** Commands and latencies by the kernel's traces: armed while somebody watches, and by nobody else. */
import { expect, test } from 'vitest'
import type { FrameObserved, HostFrame } from '../../src/host/frame.ts'
import { foresee } from '../../src/host/foresee.ts'
import { TRACE_PARTS } from '../../src/host/query.ts'
import { linuxHost } from '../../src/linux/linux-host.ts'
import { pf, plain, vf1 } from './captured-host.ts'
import { applied, emulatedHost, PROVISION, type EmulatedHost } from './emulated-host.ts'

const TRACING = '/sys/kernel/tracing'
const FILES = [
  'synthetic_events',
  'events/nvme/nvme_setup_cmd/trigger',
  'events/nvme/nvme_complete_rq/trigger',
  'events/nvme/nvme_sq/trigger',
]
/** After which what nobody watches any more is disarmed. */
const MOMENT_MS = 2000
const ARM = { change: 'armTrace', queues: 10 } as const
const DISARM = { change: 'disarmTrace' } as const

async function filesOf({ machine }: EmulatedHost) {
  const read = (file: string) =>
    machine.kernel.call({ call: 'read', path: `${TRACING}/${file}` })
  return Promise.all(FILES.map(read))
}

/** Somebody else's, on an event that we use too. */
async function anothers({ machine, clock }: EmulatedHost): Promise<void> {
  const write = (file: string, text: string) => {
    const call = { call: 'write', path: `${TRACING}/${file}`, text } as const
    return machine.kernel.lane('another').call(call, { deadlineMs: 1000 })
  }
  await write('synthetic_events', 'wakeup u64 lat')
  await write('events/nvme/nvme_sq/trigger', 'hist:keys=ctrl_id,qid')
  await clock.advance(0)
}

function watchTraced(world: EmulatedHost, frames: HostFrame[], troubles: unknown[] = []) {
  const take = (frame: HostFrame) => frames.push(frame)
  const tell = (trouble: unknown) => troubles.push(trouble)
  return world.host.watch([plain, pf], 1000, take, tell, { trace: true })
}

const latestOf = (frames: readonly HostFrame[], fn = plain) => {
  const seen = frames.findLast((frame) => frame.fn === fn)?.observed
  if (!seen?.observed) throw new Error('it is on nvme')
  return seen
}

test('a watch that asks for it has each command, by queue and latency, and nothing is left', async () => {
  const world = await emulatedHost()
  await anothers(world)
  const found = await filesOf(world)
  const frames: HostFrame[] = []

  const stop = await watchTraced(world, frames)
  await world.clock.advance(1000)
  const first = latestOf(frames)
  await world.clock.advance(3000)
  const last = latestOf(frames)
  await stop()
  await world.clock.advance(MOMENT_MS)

  expect(last.sources).toContain('trace-histograms')
  const done = last.queues.commands.map((count, q) => count - first.queues.commands[q]!)
  const ended = last.device.readIos + last.device.writeIos
  const sum = (column: Float64Array) => column.reduce((total, count) => total + count, 0)
  expect(sum(done)).toBe(ended - first.device.readIos - first.device.writeIos)
  expect(sum(done)).toBeGreaterThan(1000)
  expect(sum(last.queues.latency)).toBe(sum(last.queues.commands))
  expect(last.queues.latency).toHaveLength(4 * 32)
  expect(latestOf(frames, pf).queues.commands).toHaveLength(2)
  expect(await filesOf(world)).toEqual(found)
})

test('the first frames do not wait until it is armed, and say so', async () => {
  const world = await emulatedHost()
  await world.machine.drills.arm({
    match: { call: 'write', path: `${TRACING}/synthetic_events` },
    kind: { fault: 'slow', ms: 3500 },
    times: 1,
  })
  const frames: HostFrame[] = []

  const stop = await watchTraced(world, frames)
  await world.clock.advance(2000)
  const before = latestOf(frames)
  await world.clock.advance(4000)
  const after = latestOf(frames)
  await stop()

  expect(before.untraced).toBe('arming')
  expect(before.sources).not.toContain('trace-histograms')
  expect(before.queues.commands.every(Number.isNaN)).toBe(true)
  expect(before.queues.latency).toHaveLength(0)
  expect(before.device.readIos, 'the rest goes on').toBeGreaterThanOrEqual(0)
  expect(after.untraced).toBeUndefined()
  expect(after.queues.commands[0]).toBeGreaterThan(0)
})

test('two watches share what is armed, the last one has it disarmed, and one that does not ask has nothing', async () => {
  const world = await emulatedHost()
  const found = await filesOf(world)
  const [one, other, without]: HostFrame[][] = [[], [], []]
  const stopOne = await watchTraced(world, one!)
  await world.clock.advance(5000)
  const stopOther = await watchTraced(world, other!)
  const take = (frame: HostFrame) => without!.push(frame)
  const stopWithout = await world.host.watch([plain], 1000, take, () => {})

  await world.clock.advance(1000)
  await stopOne()
  await world.clock.advance(1000)
  const [ofOther, ofWithout] = [latestOf(other!), latestOf(without!)]

  expect(ofOther.queues.commands[0]).toBeGreaterThan(latestOf(one!).queues.commands[0]!)
  expect(ofWithout.queues.commands.every(Number.isNaN)).toBe(true)
  expect(ofWithout.untraced).toBeUndefined()
  expect(await filesOf(world)).not.toEqual(found)
  await Promise.all([stopOther(), stopWithout()])
  await world.clock.advance(MOMENT_MS)
  expect(await filesOf(world)).toEqual(found)
})

test('who goes and comes again at once finds the counts going on; a driver that closes does not wait', async () => {
  const world = await emulatedHost()
  const found = await filesOf(world)
  const frames: HostFrame[] = []
  const stop = await watchTraced(world, frames)
  await world.clock.advance(5000)
  const before = latestOf(frames).queues.commands[0]!
  const armed = world.machine.transcript.length

  await stop()
  await world.clock.advance(MOMENT_MS / 2)
  await watchTraced(world, frames)
  await world.clock.advance(MOMENT_MS)
  const after = latestOf(frames).queues.commands[0]!
  expect(world.machine.transcript).toHaveLength(armed)
  await world.host.close()

  expect(after).toBeGreaterThan(before)
  expect(await filesOf(world)).toEqual(found)
})

test('what a killed service left is found by the next: removed at its start, or before it counts anew', async () => {
  const world = await emulatedHost()
  await anothers(world)
  const found = await filesOf(world)
  await watchTraced(world, []) // and nobody stops it
  await world.clock.advance(5000)
  expect(await filesOf(world)).not.toEqual(found)
  const next = { ...world, host: linuxHost(world.machine.kernel, world.clock) }
  const frames: HostFrame[] = []

  const stop = await watchTraced(next, frames)
  await world.clock.advance(1000)
  const counted = latestOf(frames).queues.commands[0]!
  await applied(next, DISARM)
  expect(await filesOf(world), 'while somebody watches').not.toEqual(found)
  await stop()
  await world.clock.advance(MOMENT_MS)
  const tidied = linuxHost(world.machine.kernel, world.clock)
  await applied(world, ARM)
  await applied({ ...world, host: tidied }, DISARM)

  expect(counted, 'none of the five seconds before').toBeLessThan(6000)
  expect(await filesOf(world)).toEqual(found)
})

test('it is armed and disarmed as any change is: previewed, foreseen, told, and safe to repeat', async () => {
  const world = await emulatedHost()
  const ask = async () => {
    const reply = await world.host.ask({ read: 'trace' })
    if (!reply.answered) throw new Error('nothing hangs')
    return reply.answer
  }
  const none = await ask()
  const planned = await world.host.preview(ARM, { trace: none })
  const foreseen = await foresee(
    (query) => Promise.reject(new Error(query.read)),
    { changes: [DISARM, ARM], selfAttaching: [] },
    { read: 'trace' }
  )

  const armed = await applied(world, ARM)
  const again = await applied(world, ARM)
  const all = await ask()
  const disarmed = await applied(world, DISARM)

  expect(none).toEqual({ present: [] })
  expect(all).toEqual({ present: TRACE_PARTS })
  expect(foreseen).toEqual(all)
  expect(armed).toEqual({ outcome: 'done', writes: planned.map(({ inWords }) => inWords) })
  expect(planned.map(({ inWords }) => inWords)).toMatchSnapshot()
  expect(again).toEqual({ outcome: 'done', writes: [] })
  expect(disarmed.outcome === 'done' && disarmed.writes).toMatchSnapshot()
  expect(await ask()).toEqual(none)
})

test('what was half armed is completed, and half disarmed removed', async () => {
  const world = await emulatedHost()
  await applied(world, ARM)
  const path = `${TRACING}/events/nvme/nvme_sq/trigger`
  const text = '!hist:name=nvirt_commands:keys=ctrl_id,qid'
  await world.machine.kernel
    .lane('x')
    .call({ call: 'write', path, text }, { deadlineMs: 1 })

  const completed = await applied(world, ARM)
  await world.machine.kernel
    .lane('x')
    .call({ call: 'write', path, text }, { deadlineMs: 1 })
  const removed = await applied(world, DISARM)

  expect(completed.outcome === 'done' && completed.writes).toHaveLength(1)
  expect(removed.outcome === 'done' && removed.writes).toHaveLength(4)
})

test('a function that a guest has is not traced, and its neighbours are', async () => {
  const world = await emulatedHost()
  for (const change of PROVISION) await applied(world, change)
  const frames: HostFrame[] = []
  const take = (frame: HostFrame) => frames.push(frame)
  const stop = await world.host.watch([plain, vf1, pf], 1000, take, () => {}, {
    trace: true,
  })
  await world.clock.advance(3000)
  await stop()

  const observed = (fn: string): FrameObserved | undefined =>
    frames.findLast((frame) => frame.fn === fn)?.observed
  expect(observed(plain)).toMatchObject({ observed: false, why: 'owned-by-guest' })
  expect(latestOf(frames, vf1).queues.commands).toHaveLength(3)
  expect(latestOf(frames, vf1).queues.commands[0]).toBeGreaterThan(100)
  expect(latestOf(frames, pf).queues.commands[0]).toBeGreaterThan(100)
})

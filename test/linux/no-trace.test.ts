/** Traces of a kernel that has none, or loses what they count: what frames say then. */
import { expect, test } from 'vitest'
import { HostDriverError } from '../../src/host/driver.ts'
import { KernelError } from '../../src/kernel/kernel-error.ts'
import { capturedHost, context, pf } from './captured-host.ts'
import type { CapturedHost } from './captured-host.ts'
import { countersOfPrimary, PERIOD_MS, STAT, watching } from './watching.ts'

const TRACING = '/sys/kernel/tracing'
/** After which what nobody watches any more is disarmed. */
const MOMENT_MS = 2000
const ARM = { change: 'armTrace', queues: 10 } as const

/** Files of tracefs on the captured machine, which keeps what is written last. */
function tracefs({ machine }: CapturedHost, files: readonly string[]): void {
  for (const file of files) machine.files.text(`${TRACING}/${file}`, '')
}

test.for([
  ['not-mounted', []],
  ['no-histograms', ['events/enable']],
  ['no-nvme-events', ['events/enable', 'synthetic_events']],
] as const)(
  'a kernel without traces is told as %s, and the rest of the frame goes on',
  async ([why, files]) => {
    const world = capturedHost()
    countersOfPrimary(world)
    tracefs(world, files)

    const observed = await tracedFrame(world)
    const left = await world.host.ask({ read: 'trace' })
    const arming = world.host.apply(ARM, context)

    expect(observed.untraced).toBe(why)
    expect(observed.device.readIos).toBe(STAT[0])
    await expect(arming).rejects.toMatchObject({ failure: { kind: 'no-tracing', why } })
    expect(left, 'nothing is left half armed').toMatchObject({ answer: { present: [] } })
  }
)

test('a kernel in lockdown is told as one that does not permit it', async () => {
  const world = capturedHost()
  countersOfPrimary(world)
  const { machine } = world
  tracefs(world, ['synthetic_events'])
  machine.before = ({ call, ...rest }) => {
    const isTrace = 'path' in rest && rest.path.startsWith(TRACING)
    return isTrace
      ? Promise.reject(new KernelError(call, TRACING, 'EPERM'))
      : Promise.resolve()
  }

  const observed = await tracedFrame(world)

  expect(observed.untraced).toBe('not-permitted')
})

async function tracedFrame(world: CapturedHost) {
  const { last, stop } = await watching(world, [pf], { trace: true })
  await world.clock.advance(PERIOD_MS)
  await stop()
  const observed = last()?.observed
  if (!observed?.observed) throw new Error('it is on nvme')
  return observed
}

/** Armed as far as the files tell; what they count is told by `counters`. */
function armedInFiles(world: CapturedHost): void {
  const { machine } = world
  const lines: Record<string, string> = {
    synthetic_events: 'nvirt_lat\tu32 ctrl',
    'events/nvme/nvme_setup_cmd/trigger': 'hist::nvirt_ts=common_timestamp',
    'events/nvme/nvme_complete_rq/trigger': 'hist::nvirt_us=common_timestamp',
    'events/nvme/nvme_sq/trigger': 'hist:name=nvirt_commands:',
    'events/synthetic/nvirt_lat/trigger': 'hist:keys=ctrl,qid,lat.log2:',
  }
  for (const [file, text] of Object.entries(lines)) {
    const path = `${TRACING}/${file}`
    machine.files.text(path, '')
    machine.onWrite.set(path, (written) =>
      machine.files.text(path, written.startsWith('!') ? '' : text)
    )
  }
}

const COMMANDS = `${TRACING}/events/nvme/nvme_sq/hist`
const LATENCY = `${TRACING}/events/synthetic/nvirt_lat/hist`

test('a queue whose latencies are too few has none, and the others theirs', async () => {
  const world = capturedHost()
  countersOfPrimary(world)
  armedInFiles(world)
  const row = (count: number) => Array.from({ length: 32 }, (_, b) => (b === 7 ? count : 0))
  world.machine.counters.set(COMMANDS, [10_000, 10_000])
  world.machine.counters.set(LATENCY, [...row(5_000), ...row(6_000)])

  const { queues } = await tracedFrame(world)

  expect([...queues.commands]).toEqual([10_000, 10_000])
  expect(queues.latency.subarray(0, 32).every(Number.isNaN)).toBe(true)
  expect([...queues.latency.subarray(32)]).toEqual(row(6_000))
  expect(world.machine.openReaders).toBe(0)
})

test('what was armed and has gone is lost, and not zero', async () => {
  const world = capturedHost()
  countersOfPrimary(world)
  armedInFiles(world)

  const { untraced, sources } = await tracedFrame(world)

  expect(untraced).toBe('lost')
  expect(sources).not.toContain('trace-histograms')
})

test('what cannot be disarmed is told, once the watch has ended', async () => {
  const world = capturedHost()
  countersOfPrimary(world)
  armedInFiles(world)
  world.machine.onWrite.set(`${TRACING}/synthetic_events`, (text) => {
    if (!text.startsWith('!'))
      world.machine.files.text(`${TRACING}/synthetic_events`, 'nvirt_lat\t')
  })

  const { troubles, stop } = await watching(world, [pf], { trace: true })
  await world.clock.advance(PERIOD_MS)
  await stop()
  await world.clock.advance(MOMENT_MS)

  expect(troubles).toHaveLength(1)
  expect(troubles[0]).toBeInstanceOf(HostDriverError)
  expect(troubles[0]).toMatchObject({
    failure: { kind: 'no-effect', found: 'latency-event' },
  })
})

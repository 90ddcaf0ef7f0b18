/** What nvirt says of queues by the kernel's traces, next to fio: counts, depths, latencies, and that nothing of it stays. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TelemetryFrame } from '../../../src/telemetry/telemetry.ts'
import { queueOfCpu } from '../disks.ts'
import { inOrder } from '../in-order.ts'
import { openLab, plainController, type Lab } from '../lab.ts'
import { lastWords } from '../last-words.ts'
import { PLAIN_ADDRESS, qmpSocket } from '../qemu-arguments.ts'
import { qmp } from '../qmp.ts'
import { eventually } from '../../support/eventually.ts'
import { runFio, shareWithin, type FioJob, type FioResult } from '../traced/fio.ts'
import { tracedWatch, type TracedWatch } from '../traced/traced-watch.ts'
import type { WatchedFrame } from '../traced/watched-frame.ts'

const TRACING = '/sys/kernel/tracing'
const FILES = [
  'synthetic_events',
  'events/nvme/nvme_setup_cmd/trigger',
  'events/nvme/nvme_complete_rq/trigger',
  'events/nvme/nvme_sq/trigger',
  'events/nvme/nvme_sq/enable',
]
const PERIOD_MS = 250
/** So few that a command takes long next to what an emulated CPU loses now and then. */
const IOPS = 100
/** From 2^14 µs on what the CPU's emulation takes no longer hides what the drive does. */
const POWERS = [14, 15, 16, 17, 18, 19, 20]
const POINTS = 0.05

let lab: Lab
let disk: string

beforeAll(async () => {
  lab = await openLab({ namespaceIops: IOPS })
  const { agent } = lab
  // Somebody else's, which is to stay.
  await agent.shell(`echo 'another u64 lat' >> ${TRACING}/synthetic_events`)
  await agent.shell(
    `echo 'hist:keys=ctrl_id,qid' >> ${TRACING}/events/nvme/nvme_sq/trigger`
  )
  disk = await plainDisk()
})
afterAll(() => lab?.guest.end())
inOrder(() => lastWords(lab.guest.folder))

async function plainDisk(): Promise<string> {
  const { agent } = lab
  const names = await agent.shell(`ls /sys/bus/pci/devices/${PLAIN_ADDRESS}/nvme/*/`)
  const name = /^nvme\d+n1$/m.exec(names)?.[0] ?? ''
  // Merged reads would be fewer commands than fio's.
  await agent.shell(`echo 2 > /sys/block/${name}/queue/nomerges`)
  return `/dev/${name}`
}

async function tracefs(): Promise<readonly string[]> {
  return Promise.all(FILES.map((file) => lab.agent.text(`${TRACING}/${file}`)))
}

const ofQueue = (column: readonly (number | null)[], qid: number) => column[qid - 1] ?? NaN

function latenciesOf({ latency }: WatchedFrame, qid: number): readonly number[] {
  return latency.slice((qid - 1) * 32, qid * 32).map((count) => count ?? NaN)
}

/** What was done between two frames while fio ran, by its jobs' queues. */
async function loaded(watch: TracedWatch, jobs: readonly FioJob[]) {
  const { agent } = lab
  const qids = await Promise.all(
    jobs.map(({ cpu }) => queueOfCpu(agent, PLAIN_ADDRESS, cpu))
  )
  const before = await watch.next()
  const kernelMsBefore = await msInKernel()
  const results = await runFio(agent, disk, jobs)
  const kernelMs = (await msInKernel()) - kernelMsBefore
  const after = await watch.next()
  const waitedMs = results.reduce((sum, fio) => sum + fio.waitedMs, 0)
  return results.map((fio, n) => {
    const qid = qids[n] ?? NaN
    const within = watch
      .frames()
      .filter(({ atMs }) => atMs > before.atMs && atMs < after.atMs)
    const was = latenciesOf(before, qid)
    return {
      fio,
      commands: ofQueue(after.commands, qid) - ofQueue(before.commands, qid),
      latencies: latenciesOf(after, qid).map((count, power) => count - was[power]!),
      depths: within.map(({ atMs, inFlight }) => ({ atMs, depth: ofQueue(inFlight, qid) })),
      lateShare: Math.max(0, 1 - kernelMs / waitedMs),
    }
  })
}

type Loaded = Awaited<ReturnType<typeof loaded>>[number]

function shareOf({ latencies }: Loaded, power: number): number {
  const sum = (counts: readonly number[]) =>
    counts.reduce((total, count) => total + count, 0)
  return sum(latencies.slice(0, power + 1)) / sum(latencies)
}

/** Samples from the first to the last with which fio had filled its queue. */
function whileFull({ depths }: Loaded, full: number): Loaded['depths'] {
  const isFull = ({ depth }: Loaded['depths'][number]) => depth >= full * 0.9
  return depths.slice(depths.findIndex(isFull), depths.findLastIndex(isFull) + 1)
}

function medianOf(samples: Loaded['depths']): number {
  const sorted = samples.map(({ depth }) => depth).toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}

/** Over time: between two samples the depth is taken to be in the middle of theirs. */
function meanOf(samples: Loaded['depths']): number {
  let area = 0
  for (const [n, { atMs, depth }] of samples.entries()) {
    const next = samples[n + 1]
    if (next) area += ((depth + next.depth) / 2) * (next.atMs - atMs)
  }
  return area / ((samples.at(-1)?.atMs ?? NaN) - (samples[0]?.atMs ?? NaN))
}

/** What all commands together have spent in the block layer. Source: Linux Documentation/block/stat.rst, time_in_queue. */
async function msInKernel(): Promise<number> {
  const stat = await lab.agent.text(`/sys/block/${disk.replace('/dev/', '')}/stat`)
  return Number(stat.trim().split(/\s+/)[10])
}

test('on queues that fill, commands are fio’s to the one, and depths and latencies as its', async () => {
  const found = await tracefs()
  const watch = await tracedWatch(lab.guest, PLAIN_ADDRESS, PERIOD_MS)
  const jobs = [
    { cpu: 0, depth: 24, commands: 1500 },
    { cpu: 2, depth: 8, commands: 500 },
  ]

  const all = await loaded(watch, jobs)
  const armed = await tracefs()
  await watch.end('SIGTERM')

  const told = all.map((one) => [one.commands, one.fio.commands, one.fio.medianMs])
  expect(armed).not.toEqual(found)
  for (const [n, one] of all.entries()) {
    expect(one.commands, `job ${n}: ${JSON.stringify(told)}`).toBe(jobs[n]!.commands)
    expect(one.fio.commands).toBe(jobs[n]!.commands)
    expect(one.fio.medianMs).toBeGreaterThanOrEqual(20)
    const fioDepth = one.fio.depth
    const samples = whileFull(one, jobs[n]!.depth)
    const depths = samples.map(({ depth }) => depth).join(' ')
    const about = `job ${n}: ${depths}, fio ${fioDepth}, late ${one.lateShare}`
    expect(Math.abs(medianOf(samples) - fioDepth), about).toBeLessThan(0.05 * fioDepth)
    // Where the emulated CPU stands still, fio learns late of what the kernel's queue no longer has.
    const apart = (0.05 + one.lateShare) * fioDepth
    expect(Math.abs(meanOf(samples) - fioDepth), about).toBeLessThan(apart)
    for (const power of POWERS) {
      const [ours, its] = [shareOf(one, power), shareWithin(one.fio, 2 ** power)]
      expect(Math.abs(ours - its), `2^${power} µs: ${ours}, fio ${its}`).toBeLessThan(
        POINTS
      )
    }
  }
  expect(await tracefs()).toEqual(found)
})

test('unthrottled, the kernel’s latencies are never above fio’s', async () => {
  await throttled(0)
  const watch = await tracedWatch(lab.guest, PLAIN_ADDRESS, PERIOD_MS)

  const [one] = await loaded(watch, [{ cpu: 0, depth: 1, commands: 4000 }])
  await watch.end('SIGTERM')

  expect(one!.commands).toBe(4000)
  for (let power = 0; power < 32; power++) {
    const its = surelyWithin(one!.fio, 2 ** power)
    expect(shareOf(one!, power), `within 2^${power} µs`).toBeGreaterThanOrEqual(its)
  }
})

/** Whose whole bin is within. */
function surelyWithin(fio: FioResult, us: number): number {
  return shareWithin(fio, us / (1 + 1 / 64))
}

/** @param iops of the plain controller's namespace; 0: as fast as it goes */
async function throttled(iops: number): Promise<void> {
  const zero = { bps: 0, bps_rd: 0, bps_wr: 0, iops_rd: 0, iops_wr: 0 }
  const limits = { device: 'd5', iops, ...zero }
  await qmp(qmpSocket(lab.guest.folder), 'block_set_io_throttle', limits)
}

test('what a killed service had armed for a subscriber is removed by its next start, and nobody else’s', async () => {
  const { service, client } = lab
  const found = await tracefs()
  const { id } = await plainController(client)
  const stream = await client.watch({
    controllerIds: [id],
    periodMs: 1000,
    metrics: TRACED,
  })
  await stream.next(isTraced, ARMED_WITHIN_MS)
  const armed = await tracefs()

  await service.kill()
  stream.close()
  const left = await tracefs()
  await service.start()
  const isClean = async () => String(await tracefs()) === String(found) || undefined
  await eventually('tracefs is as it was found', isClean, 60_000)

  expect(armed).not.toEqual(found)
  expect(left).toEqual(armed)
  expect(left[0]).toMatch(/^nvirt_lat\t/m)
  expect(found.join()).toMatch(/another\t.*hist:keys=ctrl_id,qid/s)
  expect(await tracefs()).toEqual(found)
})

const TRACED = ['queues.commands', 'queues.latency']
const ARMED_WITHIN_MS = 120_000

/** Says what it has counted, and not why it cannot. */
function isTraced(frame: TelemetryFrame): boolean {
  if (!frame.observed || frame.trace !== undefined) return false
  return frame.queues.commands?.every((count) => count !== null) ?? false
}

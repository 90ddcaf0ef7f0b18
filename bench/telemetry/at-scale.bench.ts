/**
 * 320,000 emulated queues, each read, rated and told of once a second: 1,000 subscribers with windows of 1,000 queues that cover
 * all of them, while a third process reads the API. The service is the compiled one, a process of its own; each frame is
 * counted at its client. Hosts are such as have that many queues: nvme takes one for each CPU, so of some 128.
 *
 *     npm run build && npx tsx bench/telemetry/at-scale.bench.ts [--hosts 512] [--vfs 5] [--queues 125] [--spread 8] ...
 *
 * Latencies are of the clock, and what else the machine does is in them: therefore the API's without subscribers are of the same
 * run, and processor time is told besides.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startService, type Service } from '../emulator/fleet-service.ts'
import { compileC, peerProcess, type PeerProcess } from '../support/peer-process.ts'
import { spreadOf, verdictOf } from '../support/verdict.ts'
import { apiClient } from './api-client.ts'
import { drivenRack } from './driven-rack.ts'
import { windowsOf } from './windows.ts'

/** Of the issue: the API's p99 keeps one of them. */
const P99_MS = 50
const TIMES_UNLOADED = 3
/** Of the frames that are due: a round may begin or end within a tick. */
const DELIVERED = 0.97

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    hosts: { type: 'string', default: '512' },
    /** Of each host, and I/O queues of each. */
    vfs: { type: 'string', default: '5' },
    queues: { type: 'string', default: '125' },
    subscribers: { type: 'string', default: '1000' },
    /** Queues of a window, and hosts that they are of. */
    window: { type: 'string', default: '1000' },
    spread: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '20' },
    /** Before anything is measured, and again when all have joined. */
    settle: { type: 'string', default: '30' },
    /** Requests a second. */
    rate: { type: 'string', default: '200' },
  },
})
const given = (name: keyof typeof values) => Number(values[name])
const size = { hosts: given('hosts'), vfs: given('vfs'), queues: given('queues') }
const functions = given('window') / size.queues
const params = {
  ...size,
  allQueues: size.hosts * size.vfs * size.queues,
  subscribers: given('subscribers'),
  window: given('window'),
  spread: given('spread'),
  rate: given('rate'),
  seconds: given('seconds'),
}

const [role, ...words] = positionals
if (role === 'api') await apiClient(words)
else await measure()

async function measure(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'nvirt-scale-'))
  const [fleet, data] = [path.join(folder, 'fleet.json'), path.join(folder, 'data')]
  writeFileSync(fleet, JSON.stringify(drivenRack(size)))
  const service = await startService({ fleet, data })
  try {
    await service.stored(size.hosts)
    await setTimeout(given('settle') * 1000)
    const [, self = ''] = process.argv
    const access = [`${service.port}`, service.token, values.rate]
    const api = peerProcess(process.execPath, [...process.execArgv, self, 'api', ...access])
    const unloaded = await inRounds(() => p99Of(api))
    const crowd = await joined(service, folder, data)
    const loaded = await inRounds(() => round(service, api, crowd))
    tellAll(unloaded, loaded)
    crowd.end()
    api.end()
  } finally {
    await service.stop()
    rmSync(folder, { recursive: true })
  }
}

async function inRounds<T>(one: () => Promise<T>): Promise<readonly T[]> {
  const all: T[] = []
  for (let n = 0; n < given('rounds'); n++) all.push(await one())
  return all
}

async function p99Of(api: PeerProcess): Promise<number> {
  const [, , p99] = (await api.ask(`read ${values.seconds}`)).split(' ').map(Number)
  return p99 ?? NaN
}

/** Of all windows each has as many subscribers as any other, or one less. */
async function joined(service: Service, folder: string, data: string) {
  const file = path.join(folder, 'windows')
  const windows = windowsOf(data, { functions, spread: given('spread') })
  writeFileSync(file, `${windows.join('\n')}\n`)
  const program = compileC(path.join(import.meta.dirname, 'subscribers.c'), folder)
  const access = [`${service.port}`, values.subscribers, `${functions}`]
  const crowd = peerProcess(program, [...access, 'windows', file, service.token])
  await crowd.ask('joined')
  await setTimeout(given('settle') * 1000)
  return crowd
}

type Round = Awaited<ReturnType<typeof round>>

async function round(service: Service, api: PeerProcess, crowd: PeerProcess) {
  await Promise.all([crowd.ask('windows'), service.eventLoopP99Ms()])
  await crowd.ask('late')
  const [begun, cpuS] = [performance.now(), service.cpuS()]
  const p99 = await p99Of(api)
  const counts = (await crowd.ask('windows')).split(' ').map(Number)
  const seconds = (performance.now() - begun) / 1000
  const [, lateUs] = (await crowd.ask('late')).split(' ').map(Number)
  const [frames = 0, , , , ...bad] = counts
  if (bad.some((count) => count !== 0))
    throw new Error(`wrong, missed, ended, unseen: ${bad.join(' ')}`)
  return {
    p99,
    framesPerSecond: frames / seconds,
    cpuMsPerSecond: (1000 * (service.cpuS() - cpuS)) / seconds,
    eventLoopP99Ms: await service.eventLoopP99Ms(),
    lateP99Ms: (lateUs ?? NaN) / 1000,
  }
}

/** An API that is fast since nobody was told anything keeps no goal. */
function tellAll(unloaded: readonly number[], rounds: readonly Round[]): void {
  const of = (figure: keyof Round) => spreadOf(rounds.map((one) => one[figure]))
  const wanted = params.subscribers * functions
  const delivered = spreadOf(rounds.map((one) => one.framesPerSecond / wanted))
  const isDelivered = delivered.min >= DELIVERED
  const peer = { name: 'the API without subscribers', ...spreadOf(unloaded) }
  const most = Math.max(P99_MS, TIMES_UNLOADED * peer.med)
  const ratio = spreadOf(rounds.map(({ p99 }) => p99 / most))
  const pass = isDelivered && verdictOf(ratio, 1)
  tell('p99 of the API', 'ms', {
    product: of('p99'),
    peer,
    mostMs: most,
    ratio,
    goal: 1,
    pass,
  })
  tell('frames delivered, of those that are due', 'part', {
    product: delivered,
    least: DELIVERED,
    pass: isDelivered,
  })
  tell('frames delivered', 'frames per second', { product: of('framesPerSecond') })
  tell('processor time of the service', 'ms per second', { product: of('cpuMsPerSecond') })
  tell('p99 of the event loop’s delay', 'ms', { product: of('eventLoopP99Ms') })
  tell('p99 of frames’ lateness', 'ms', { product: of('lateP99Ms') })
}

function tell(figure: string, unit: string, figures: object): void {
  const line = { scenario: `at-scale: ${figure}`, params, unit, ...figures }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

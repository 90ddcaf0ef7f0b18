/**
 * A service that is killed while a subscriber of its socket has the host's commands counted by traces: what it had armed is
 * there, and its next start removes that and nothing else. The processes are nvirt's own; only the machine is emulated, in a
 * process that the kill does not touch. test/lab/full/traced.test.ts does the same on a real kernel.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import type { ControllerView } from '../../src/inventory/views.ts'
import type { TelemetryFrame } from '../../src/telemetry/telemetry.ts'
import type { NvirtClient } from '../lab/nvirt-client.ts'
import { eventually } from '../support/eventually.ts'
import { killableService, type KillableService } from './killable-service.ts'

const HOST = labLikeHost()
const PLAIN = '0000:02:00.0'
const LIMIT_MS = 60_000

const TRACING = '/sys/kernel/tracing'
const EVENTS = `${TRACING}/synthetic_events`
const ENDS = `${TRACING}/events/nvme/nvme_sq/trigger`
const FILES = [
  EVENTS,
  ENDS,
  `${TRACING}/events/nvme/nvme_setup_cmd/trigger`,
  `${TRACING}/events/nvme/nvme_complete_rq/trigger`,
]

let killable: KillableService

beforeAll(async () => {
  killable = await killableService(HOST)
}, LIMIT_MS)

afterAll(() => killable?.close(), LIMIT_MS)

test(
  'what a killed service had armed for a subscriber is removed by its next start, and nobody else’s',
  async () => {
    await anothers()
    const found = await tracefs()
    const client = await killable.client()
    const stream = await client.watch(await traced(client))
    await stream.next(isTraced, LIMIT_MS)
    const armed = await tracefs()

    await killable.service().stop('SIGKILL')
    const left = await tracefs()
    await killable.startAgain()
    const isClean = async () => String(await tracefs()) === String(found) || undefined
    await eventually('tracefs is as it was found', isClean, LIMIT_MS)

    expect(left).toEqual(armed)
    expect(left[0]).toMatch(/^nvirt_lat\t/m)
    expect(left[1]).toMatch(/^hist:name=nvirt_commands/m)
    expect(found[0]).toMatch(/^wakeup\t/m)
    expect(found[1]).toMatch(/^hist:keys=ctrl_id,qid/m)
  },
  2 * LIMIT_MS
)

/** Somebody else's, on an event that nvirt uses too. */
async function anothers(): Promise<void> {
  const { call } = killable.machine.kernel.lane('another')
  const write = (file: string, text: string) =>
    call({ call: 'write', path: file, text }, { deadlineMs: 5_000 })
  await write(EVENTS, 'wakeup u64 lat')
  await write(ENDS, 'hist:keys=ctrl_id,qid')
}

function tracefs(): Promise<readonly string[]> {
  return Promise.all(
    FILES.map((file) => killable.machine.kernel.call({ call: 'read', path: file }))
  )
}

async function traced(client: NvirtClient): Promise<object> {
  const { id } = await eventually('the first scan', async () => {
    const all = await client.list<ControllerView>('/v1/controllers')
    return all.find(({ pciAddress }) => pciAddress === PLAIN)
  })
  const metrics = ['queues.commands', 'queues.latency']
  return { controllerIds: [id], periodMs: 250, metrics }
}

/** Says what it has counted, and not why it cannot. */
function isTraced(frame: TelemetryFrame): boolean {
  if (!frame.observed || frame.trace !== undefined) return false
  return frame.queues.commands?.some((count) => (count ?? 0) > 0) ?? false
}

/**
 * A service that is killed while a kernel call of it waits: it is back at once, says what still waits, and does not ask the
 * kernel again. The processes are nvirt's own; only the machine is emulated, in a process that the kill does not touch.
 * test/lab/blocked.test.ts does the same on a real kernel, whose guest is too slow to measure the service by.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import type { ControllerView, VirtualFunctionView } from '../../src/inventory/views.ts'
import type { OperationView } from '../../src/workflows/workflows.ts'
import type { NvirtClient } from '../lab/nvirt-client.ts'
import { isCompiled } from '../../scripts/set-up.mjs'
import { eventually } from '../support/eventually.ts'
import { STARTS_WITHIN_MS } from '../support/service-process.ts'
import { killableService, type KillableService } from './killable-service.ts'

/** From the sources, which tsx compiles at each start, there is no limit to hold. The test command runs what is compiled. */
const RESTART_LIMIT_MS = isCompiled() ? 5_000 : STARTS_WITHIN_MS
/** A call is reported blocked after 5 s. */
const BLOCKED_LIMIT_MS = 20_000
const STARTING_MS = 60_000

const HOST = labLikeHost()
const BUS = '/sys/bus/pci'
const PF = `${BUS}/devices/0000:01:00.0`
/** The last VF stays in nvirt's pool; a process outside of nvirt's knowledge takes it. */
const HELD = '0000:01:01.0'

let killable: KillableService

beforeAll(async () => {
  killable = await killableService(HOST)
}, STARTING_MS)

afterAll(() => killable?.close(), STARTING_MS)

test(
  'killed while the kernel waits for a guest, the service is back within seconds and writes nothing again',
  async () => {
    const found = await killable.machine.snapshot()
    const { operation, letGo } = await retireWhileHeld(await killable.client())
    await killable.service().stop('SIGKILL')

    const begun = performance.now()
    await killable.startAgain()
    const client = await killable.client()
    const listed = await client.list('/v1/controllers')
    const restarted = await untilBlocked(client, operation.id)
    const tookMs = performance.now() - begun

    expect(tookMs).toBeLessThan(RESTART_LIMIT_MS)
    expect(listed).toHaveLength(2)
    expect(restarted.blocked).toMatchObject({
      call: expect.stringContaining('sriov_numvfs') as string,
      holders: [{ command: 'qemu' }],
    })
    expect(await countsWritten()).toEqual(['8', '0'])

    await letGo()
    const end = await client.end(operation.id)

    expect(end.state).toBe('succeeded')
    expect(await countsWritten()).toEqual(['8', '0'])
    expect(await killable.machine.snapshot()).toEqual(found)
  },
  STARTING_MS
)

/** The last VF in use is retired, so that all VFs must go, while a guest has one that nvirt does not use. */
async function retireWhileHeld(client: NvirtClient) {
  await client.perform(...(await provisionOne(client)))
  await bindByHand(HELD, 'vfio-pci')
  const letGo = await killable.machine.holdVfioGroup(await groupOf(HELD), 'qemu')
  const all = await client.list<VirtualFunctionView>('/v1/virtualFunctions')
  const vf = all.find(({ provisioned }) => provisioned !== null)
  const { id } = await client.begin('DELETE', `/v1/virtualFunctions/${vf?.id}`)
  return { operation: await untilBlocked(client, id), letGo }
}

async function provisionOne(client: NvirtClient) {
  const controller = await eventually('the first scan', async () => {
    const all = await client.list<ControllerView>('/v1/controllers')
    return all.find(({ sriov }) => sriov !== null)
  })
  const virtualFunctions = [{ ioQueuePairs: 2, namespaceIds: [] }]
  const path = `/v1/controllers/${controller.id}/virtualFunctions`
  return ['POST', path, { virtualFunctions }] as const
}

async function untilBlocked(client: NvirtClient, id: string): Promise<OperationView> {
  const look = async () => {
    const operation = await client.get<OperationView>(`/v1/operations/${id}`)
    return operation.state === 'blocked' ? operation : undefined
  }
  return eventually('the operation is blocked', look, BLOCKED_LIMIT_MS)
}

/** Texts that the machine's kernel was asked to write into sriov_numvfs. */
async function countsWritten(): Promise<readonly string[]> {
  const calls = await killable.machine.transcript()
  return calls.flatMap((call) =>
    call.call === 'write' && call.path === `${PF}/sriov_numvfs` ? [call.text] : []
  )
}

async function bindByHand(address: string, driver: string): Promise<void> {
  const { call } = killable.machine.kernel.lane('by hand')
  const write = (file: string, text: string) =>
    call({ call: 'write', path: `${BUS}/${file}`, text }, { deadlineMs: 5_000 })
  await write(`devices/${address}/driver_override`, driver)
  await write('drivers_probe', address)
}

async function groupOf(address: string): Promise<number> {
  const path = `${BUS}/devices/${address}/iommu_group`
  const target = await killable.machine.kernel.call({ call: 'readLink', path })
  return Number(target.split('/').at(-1))
}

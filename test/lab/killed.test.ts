/** nvirt is killed in the middle of provisioning. What it began is finished or undone; nothing stays half-way. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OperationView } from '../../src/workflows/workflows.ts'
import { lastWords } from './last-words.ts'
import { inOrder } from './in-order.ts'
import type { KilledAtStep } from './guest/protocol.ts'
import { openLab, provisionRequest, provisionedVfs, type Lab } from './lab.ts'
import {
  attachedTo,
  controllerDevice,
  machineSnapshot,
  secondariesOf,
} from './machine-snapshot.ts'
import { SRIOV_ADDRESS } from './qemu-arguments.ts'
import { SERVICE } from './service.ts'

/** Its step's place. */
type KilledIn = { readonly step: string; readonly number: number }

/**
 * The Function Level Reset of both VFs: the kernel waits 100 ms in it (PCI Express Base, "Function Level Reset"), long
 * enough to be seen running.
 */
const RESET: KilledIn = { step: 'reset-vfs', number: 6 }
/** As long, for all VFs together. */
const ENABLE: KilledIn = { step: 'enable-vfs', number: 2 }

const ASKED = [
  { ioQueuePairs: 3, nsid: 2 },
  { ioQueuePairs: 2, nsid: 3 },
]

let lab: Lab

beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab?.guest.end())
inOrder(() => lastWords(lab.guest.folder))

test('killed while a VF is reset, provisioning is finished by the next start', async () => {
  const { client, agent, service } = lab
  const { operation, killed } = await provisionAndKill(RESET)

  await service.start()
  const end = await client.end(operation.id)

  expectKilledAt(killed, RESET)
  expect(end.state).toBe('succeeded')
  expect(end.steps[RESET.number]).toMatchObject({ name: RESET.step, attempts: 2 })
  const primary = await controllerDevice(agent, SRIOV_ADDRESS)
  expect((await secondariesOf(agent, primary)).slice(0, 3)).toEqual([
    { cntlid: 1, state: 'online', vq: 4, vi: 4 },
    { cntlid: 2, state: 'online', vq: 3, vi: 3 },
    { cntlid: 3, state: 'offline', vq: 0, vi: 0 },
  ])
  expect(await attachedTo(agent, primary, 2)).toEqual([1])
  expect(await attachedTo(agent, primary, 3)).toEqual([2])
})

test('what was finished after the kill can be retired, and leaves the machine as found', async () => {
  const { client, agent, found } = lab

  for (const vf of await provisionedVfs(client)) {
    await client.perform('DELETE', `/v1/virtualFunctions/${vf.id}`)
  }

  expect(await machineSnapshot(agent)).toEqual(found)
})

test('killed while VFs are enabled, and with nothing left in the pool, it is undone', async () => {
  const { client, agent, service, found } = lab
  const { operation, killed } = await provisionAndKill(ENABLE)
  await emptyPool()

  await service.start()
  const end = await client.end(operation.id)

  expectKilledAt(killed, ENABLE)
  expect(end.state).toBe('undone')
  expect(end.error?.step).toBe('resources-vf1')
  expect(end.error?.detail, 'it is explained').toMatchObject({
    status: 0x122,
    meaning: expect.stringContaining('somebody has been given them') as string,
  })
  expect(await provisionedVfs(client)).toEqual([])
  expect(await machineSnapshot(agent)).toEqual(found)
})

async function provisionAndKill({ step }: KilledIn): Promise<{
  readonly operation: OperationView
  readonly killed: KilledAtStep
}> {
  const { client, agent, service } = lab
  const operation = await client.begin(...(await provisionRequest(client, ASKED, 'none')))
  const killed = await agent.ask({
    ask: 'killAtStep',
    kill: {
      name: SERVICE,
      operationUrl: `${service.guestUrl}/v1/operations/${operation.id}`,
      headers: client.headers,
      step,
      timeoutMs: 60_000,
    },
  })
  await agent.ask({ ask: 'end', name: SERVICE })
  return { operation, killed }
}

function expectKilledAt(killed: KilledAtStep, { step, number }: KilledIn): void {
  expect(killed.killed, JSON.stringify(killed.steps)).toBe(true)
  expect(killed.steps.findIndex(({ state }) => state === 'running')).toBe(number)
  expect(killed.steps[number]?.name).toBe(step)
}

/** Gives all queue pairs that are left to VFs that nobody asked for. */
async function emptyPool(): Promise<void> {
  const { agent } = lab
  const primary = await controllerDevice(agent, SRIOV_ADDRESS)
  for (const [cntlid, count] of [
    [5, 8],
    [6, 8],
    [7, 8],
    [8, 8],
  ]) {
    const words = ['-c', `${cntlid}`, '-r', '0', '-a', '8', '-n', `${count}`]
    await agent.run('nvme', 'virt-mgmt', primary, ...words)
  }
}

/** A VF that somebody brought online by hand becomes one of nvirt's, as it is. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AdminCommand } from '../../src/kernel/call.ts'
import {
  namespaceAttachment,
  virtualizationManagement,
} from '../../src/nvme/admin-commands.ts'
import { eventually } from '../support/eventually.ts'
import type { Page } from './call.ts'
import { emulatedService, PF, type EmulatedService } from './emulated-service.ts'
import { controllerAt, retire, succeeded } from './steps.ts'
import type { Operation, Schemas } from './steps.ts'

let service: EmulatedService
beforeAll(async () => {
  service = await emulatedService()
}, 60_000)
afterAll(() => service.stop(), 60_000)

async function byHand(command: AdminCommand): Promise<void> {
  const call = { call: 'admin', device: '/dev/nvme0', command } as const
  const { done } = await service.machine.kernel.lane('by hand').call(call, {
    deadlineMs: 30_000,
  })
  expect(done).toBe(true)
}

/** Some drives attach namespaces to VFs as they appear, which the host reaches too: such a VF is nobody's to adopt. */
async function detachAll(cntlid: number): Promise<void> {
  const attached = Object.entries(service.machine.snapshot().attachments)
  for (const [key] of attached.filter(([, ids]) => ids.includes(cntlid))) {
    const nsid = Number(key.slice(key.lastIndexOf(' ') + 1))
    if (key.includes('sub0')) await byHand(namespaceAttachment('detach', nsid, [cntlid]))
  }
}

async function online() {
  const { items } =
    await service.api.ok<Page<Schemas['VirtualFunction']>>('listVirtualFunctions')
  return items.find(({ secondary }) => secondary.state === 'online')
}

test(
  'it is provisioned with what it has, and retired as any other',
  { timeout: 120_000 },
  async () => {
    const { api, machine } = service
    const pf = await controllerAt(api, PF)
    const write = {
      call: 'write',
      path: `/sys/bus/pci/devices/${PF}/sriov_numvfs`,
      text: '2',
    } as const
    await machine.kernel.lane('by hand').call(write, { deadlineMs: 30_000 })
    for (const [resource, count] of [
      ['vq', 4],
      ['vi', 3],
    ] as const)
      await byHand(virtualizationManagement({ act: 'assign', cntlid: 1, resource, count }))
    await byHand(virtualizationManagement({ act: 'online', cntlid: 1 }))
    await detachAll(1)
    await api.ok('rescanHost', { path: { id: pf.hostId } })
    const foreign = await eventually('online', online)
    const path = { id: foreign.id }

    const plan = await api.ok<Schemas['Plan']>('adoptVirtualFunction', {
      path,
      query: { plan: 'true' },
    })
    const run = { path, query: { plan: plan.id } }
    await succeeded(api, await api.ok<Operation>('adoptVirtualFunction', run))
    const adopted = await eventually('settled', async () => {
      const now = await api.ok<Schemas['VirtualFunction']>('getVirtualFunction', { path })
      return now.drift.length === 0 ? now : undefined
    })
    await retire(api, foreign.id)

    expect(foreign.drift.map(({ kind }) => kind)).toContain('foreign-secondary-online')
    expect(plan).toMatchObject({ workflow: 'adopt-virtual-function', refusals: [] })
    // It is reserved to the driver that has it already.
    expect(plan.steps.at(-2)?.does.changes.map(({ writes }) => writes)).toMatchObject([
      [{ inWords: expect.stringContaining('driver_override "nvme') }],
      [],
    ])
    // The kernel probed it as it appeared: autoprobe was on.
    expect(adopted.provisioned).toMatchObject({ vq: 4, vi: 3, driver: 'nvme' })
    expect(machine.snapshot().primaries[PF]?.vfCount).toBe(2)
  }
)

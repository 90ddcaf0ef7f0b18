/** Drift over HTTP: shown, healed by hand or by policy, adopted; and what is refused of each. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import type { Page } from './call.ts'
import { emulatedService, PF, PLAIN, type EmulatedService } from './emulated-service.ts'
import { assignmentOf, controllerAt, provisionOne, succeeded } from './steps.ts'
import type { Operation, Schemas } from './steps.ts'

let service: EmulatedService
let pf: Schemas['Controller']
let plain: Schemas['Controller']
beforeAll(async () => {
  service = await emulatedService()
  pf = await controllerAt(service.api, PF)
  plain = await controllerAt(service.api, PLAIN)
}, 60_000)
afterAll(() => service.stop(), 60_000)

const WITHIN_MS = 60_000

async function byHand(path: string, text: string): Promise<void> {
  const call = { call: 'write', path, text } as const
  const written = await service.machine.kernel.lane('by hand').call(call, {
    deadlineMs: 30_000,
  })
  expect(written.done).toBe(true)
}

async function driftingOf<Id extends 'getVirtualFunction' | 'getController'>(
  operation: Id,
  id: string,
  kind: string
) {
  return eventually(
    kind,
    async () => {
      const shown = await service.api.ok<Schemas['VirtualFunction']>(operation, {
        path: { id },
      })
      return shown.drift.find((one) => one.kind === kind)
    },
    WITHIN_MS
  )
}

test(
  'a reset that took its queues away is shown and healed',
  { timeout: 120_000 },
  async () => {
    const { api, machine } = service
    const vf = await provisionOne(api, pf.id)
    const path = { id: vf.id }
    const asDesired = await api.no('healVirtualFunction', { path }, 409, 'wrong-state')

    await machine.drills.fire({ event: 'controller-reset', address: PF })
    const drift = await driftingOf('getVirtualFunction', vf.id, 'resources-lost')
    await succeeded(api, await api.ok<Operation>('healVirtualFunction', { path }))

    expect(asDesired).toMatchObject({ state: 'as-desired', allowedFrom: ['drifting'] })
    expect(drift).toMatchObject({
      expected: { state: 'online', vq: 2, vi: 2 },
      found: { state: 'offline', vq: 0, vi: 0 },
      remedy: expect.any(String),
    })
    await eventually('healed', async () => {
      const now = await api.ok<Schemas['VirtualFunction']>('getVirtualFunction', { path })
      return now.drift.length === 0 && now.secondary.state === 'online' ? now : undefined
    })
  }
)

test(
  'a controller that was taken from vfio-pci is given back by policy',
  { timeout: 120_000 },
  async () => {
    const { api } = service
    const path = { id: plain.id }
    await succeeded(
      api,
      await api.ok<Operation>('createAssignment', {
        body: { controllerId: plain.id, consumer: 'vm' },
      })
    )
    await byHand(`/sys/bus/pci/drivers/vfio-pci/unbind`, PLAIN)
    await driftingOf('getController', plain.id, 'driver-changed')

    const healed = await api.ok<Operation>('healController', { path })
    await succeeded(api, healed)
    await byHand(`/sys/bus/pci/drivers/vfio-pci/unbind`, PLAIN)
    const host = await api.ok<Schemas['Host']>('setDriftPolicy', {
      path: { id: plain.hostId },
      body: { policy: 'heal' },
    })

    expect(host).toMatchObject({ driftPolicy: 'heal', state: 'ready' })
    await eventually(
      'given back',
      async () => {
        const now = await api.ok<Schemas['Controller']>('getController', { path })
        const { state, drift } = await assignmentOf(api, plain.id)
        const isBack = now.driver === 'vfio-pci' && now.changingBy === null
        return (isBack && state === 'ready' && drift.length === 0) || undefined
      },
      WITHIN_MS
    )
  }
)

test('what is refused of healing, adopting and policies', async () => {
  const { api } = service
  const nobody = { id: 'nobody' }
  const { items } = await api.ok<Page<Schemas['VirtualFunction']>>('listVirtualFunctions')
  const pooled = items.find(({ provisioned }) => provisioned === null)

  await api.no('healVirtualFunction', { path: nobody }, 404, 'not-found')
  await api.no('healController', { path: nobody }, 404, 'not-found')
  await api.no('adoptVirtualFunction', { path: nobody }, 404, 'not-found')
  const path = { id: pooled?.id ?? '' }
  const own = await api.no('adoptVirtualFunction', { path }, 409, 'wrong-state')
  await api.no(
    'setDriftPolicy',
    { path: nobody, body: { policy: 'heal' } },
    404,
    'not-found'
  )
  const bad = { path: { id: pf.hostId }, body: { policy: 'pray' } }
  await api.no('setDriftPolicy', bad, 400, 'invalid')

  expect(own).toMatchObject({ state: 'pool', allowedFrom: ['foreign'] })
})

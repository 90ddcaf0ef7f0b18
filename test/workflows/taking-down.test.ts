/** A whole primary that is handed over is reset: whose VFs that takes down is said, and nothing is written. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import { byHand } from './by-hand.ts'
import { memoryStore } from './memory-store.ts'
import { refusalsOf } from './trouble.ts'
import {
  controllerAt,
  done,
  makeWorld,
  PF,
  provision,
  virtualFunctionOf,
  type World,
} from './world.ts'

const pf = pciAddress(PF)

test('a primary is not assigned while VFs of it are provisioned or assigned: each is named', async () => {
  const world = await makeWorld(memoryStore())
  const one = { ioQueuePairs: 1, nsids: [] }
  await done(world, provision(world, [{ ioQueuePairs: 2, nsids: [2] }, one]))
  const request = {
    virtualFunctionId: virtualFunctionOf(world, 1).id,
    consumer: 'vm-7',
    accept: ['not-tenant-safe'] as const,
  }
  await done(world, world.workflows.assign(DEMO, request))
  const written = world.machine.transcript.length

  const refusals = await refusalsOf(assignPrimary(world))

  expect(refusals.map(({ check, reason }) => [check, reason])).toEqual([
    [
      'takes-down-secondary',
      `a reset of ${PF} takes VF 1 (secondary controller 1) down, which is provisioned for tenant ${DEMO.tenant}, assigned to vm-7 of tenant ${DEMO.tenant}, online with 3 VQ and 3 VI, bound to vfio-pci at 0000:01:00.1`,
    ],
    [
      'takes-down-secondary',
      `a reset of ${PF} takes VF 2 (secondary controller 2) down, which is provisioned for tenant ${DEMO.tenant}, online with 2 VQ and 2 VI`,
    ],
  ])
  expect(world.machine.transcript).toHaveLength(written)
})

test('nor while somebody else has one online, whom the refusal names too', async () => {
  const world = await makeWorld(memoryStore())
  await onlineByHand(world)
  const written = world.machine.transcript.length

  const refusals = await refusalsOf(assignPrimary(world))

  expect(refusals).toMatchObject([{ check: 'takes-down-secondary', device: PF }])
  expect(refusals[0]?.reason).toContain('VF 3 (secondary controller 3)')
  expect(world.machine.transcript).toHaveLength(written)
})

test('one that came online after the request is seen before the primary is bound', async () => {
  let world: World | undefined
  let written = -1
  world = await makeWorld(memoryStore(), {
    adapt: (workflow) => ({
      ...workflow,
      steps: (params) =>
        workflow.steps(params).map((step) => ({
          ...step,
          ...(step.name === 'bind-vfio' && {
            guard: async (context) => {
              if (world) await onlineByHand(world)
              written = world?.machine.transcript.length ?? -1
              return (await step.guard?.(context)) ?? { result: 'passed' }
            },
          }),
        })),
    }),
  })

  const end = await world.end(await assignPrimary(world))

  expect(end).toMatchObject({
    state: 'undone',
    error: {
      step: 'bind-vfio',
      detail: { refusals: [{ check: 'takes-down-secondary', device: PF }] },
    },
  })
  expect(world.machine.transcript).toHaveLength(written)
})

function assignPrimary(world: World) {
  const controllerId = controllerAt(world, PF).id
  return world.workflows.assign(DEMO, { controllerId, consumer: 'vm-8' })
}

async function onlineByHand(world: World): Promise<void> {
  await byHand(world, { change: 'setAutoprobe', pf, enabled: false })
  await byHand(world, { change: 'setVfCount', pf, count: 8 })
  for (const resource of ['vq', 'vi'] as const) {
    const assign = { change: 'assignResources', pf, cntlid: 3, resource } as const
    await byHand(world, { ...assign, count: 2 })
  }
  await byHand(world, { change: 'bringOnline', pf, cntlid: 3 })
}

/** What others do to a machine between a step that looked and the one that writes, while no service runs or one waits. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import type { Json, WorkflowDefinition } from '../../src/saga/workflow.ts'
import type { StoreWrite } from '../../src/store/store.ts'
import type { OperationView } from '../../src/workflows/workflows.ts'
import { bringOnlineByHand, byHand, diskNow } from './by-hand.ts'
import { killedAfter } from './killed-after.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import { refusalsOf } from './trouble.ts'
import {
  bindByHand,
  controllerAt,
  diskOf,
  done,
  groupOf,
  makeWorld,
  PF,
  PLAIN,
  provision,
  virtualFunctionOf,
  type World,
} from './world.ts'

const VF1 = '0000:01:00.1'
const ONE = [{ ioQueuePairs: 1, nsids: [2] }]
/** Which the drive attaches to each VF as it appears. */
const NAMESPACE_1 = { pf: pciAddress(PF), nsid: 1, cntlid: 1 } as const

test('a disk that is mounted after the guard has passed is not torn away by the next process', async () => {
  const { world, next, operation } = await killedAfter('not-in-use', assignPlain, {
    meanwhile: ({ machine }) => void machine.mount('nvme1n1', '/srv/precious'),
  })

  const end = await next.end(operation)

  expect(end).toMatchObject({ state: 'undone', error: { step: 'bind-vfio' } })
  expect(refusalsIn(end)).toMatchObject([{ check: 'namespace-mounted' }])
  expect(world.machine.snapshot().functions[PLAIN]).toEqual({
    driver: 'nvme',
    override: null,
  })
})

test('nor is that of a VF that is being retired', async () => {
  const { world, next, operation } = await killedAfter('not-in-use', retire, {
    prepare: (each) => done(each, provision(each, ONE, 'nvme')),
    meanwhile: (each) => void each.machine.mount(diskOf(each, 2), '/srv/precious'),
  })

  const end = await next.end(operation)

  expect(end).toMatchObject({ state: 'undone', error: { step: 'unbind' } })
  expect(world.machine.snapshot().functions[VF1]?.driver).toBe('nvme')
  expect(virtualFunctionOf(next, 1).provisioned).not.toBeNull()
})

test('a VF that somebody bound before its commit step is not taken offline', async () => {
  const { world, next, operation } = await killedAfter('unbind', retire, {
    prepare: (each) => done(each, provision(each, ONE)),
    meanwhile: (each) => bindByHand(each, VF1, 'nvme'),
  })

  const end = await next.end(operation)

  expect(end).toMatchObject({ state: 'undone', committed: false })
  expect(refusalsIn(end)).toMatchObject([{ check: 'function-bound', device: VF1 }])
  expect(world.machine.snapshot().primaries[PF]?.secondaries[0]?.state).toBe('online')
})

test('a consumer that opened its function meanwhile is waited for, without a write', async () => {
  let giveBack = () => {}
  const { world, next, operation } = await killedAfter('check-released', release, {
    prepare: async (each) => done(each, assignPlain(each)),
    meanwhile: (each) => {
      giveBack = each.machine.holdVfioGroup(groupOf(each, PLAIN), 'qemu-system-x86')
    },
  })
  const written = world.machine.transcript.length

  const blocked = await next.until(operation, (state) => state === 'blocked')

  expect(blocked.blocked).toMatchObject({ holders: [{ command: 'qemu-system-x86' }] })
  expect(world.machine.transcript).toHaveLength(written)
  giveBack()
  expect(await next.end(operation)).toMatchObject({ state: 'succeeded' })
})

test('a namespace that the host was given meanwhile is not attached', async () => {
  const { world, next, operation } = await killedAfter(
    'online-vfs',
    (each) => provision(each, ONE),
    {
      meanwhile: (each) => {
        const pf = controllerAt(each, PF).observation.address
        return byHand(each, { change: 'attachNamespace', pf, nsid: 2, cntlid: 0 })
      },
    }
  )

  const end = await next.end(operation)

  expect(end).toMatchObject({ state: 'undone', error: { step: 'attach-vfs' } })
  expect(refusalsIn(end)).toMatchObject([{ check: 'namespace-attached-elsewhere' }])
  const { attachments } = world.machine.snapshot()
  expect(
    Object.entries(attachments).find(([name]) => name.endsWith('sub0 2'))?.[1]
  ).toEqual([0])
})

test('a VF that somebody brought online meanwhile is not taken from them', async () => {
  const { world, next, operation } = await killedAfter(
    'record-vfs',
    (each) => provision(each, ONE),
    {
      prepare: (each) => done(each, provision(each, [{ ioQueuePairs: 1, nsids: [3] }])),
      meanwhile: (each) => bringOnlineByHand(each, 2),
    }
  )

  const end = await next.end(operation)

  expect(refusalsIn(end)).toMatchObject([{ check: 'secondary-in-use' }])
  const [, second] = world.machine.snapshot().primaries[PF]?.secondaries ?? []
  expect(second, 'nor on the way back').toMatchObject({ state: 'online', vq: 2 })
})

test('a way back waits for a disk that was mounted, and then ends as found', async () => {
  let unmount = () => {}
  const world: World = await makeWorld(memoryStore(), {
    adapt: beginning('verify', async () => {
      unmount = world.machine.mount(await diskNow(world, 2), '/srv/precious')
      throw new Error('made to fail')
    }),
  })
  await done(world, provision(world, ONE, 'nvme'))
  const virtualFunctionId = virtualFunctionOf(world, 1).id
  await done(
    world,
    world.workflows.assign(DEMO, {
      virtualFunctionId,
      consumer: 'vm',
      accept: ['not-tenant-safe'],
    })
  )
  const found = world.machine.snapshot()

  const operation = await release(world)
  const blocked = await world.until(operation, (state) => state === 'blocked')
  const whileMounted = world.machine.snapshot().functions[VF1]
  unmount()
  const end = await world.end(operation)

  expect(blocked.blocked).toMatchObject({
    call: expect.stringContaining('/srv/precious') as string,
  })
  expect(whileMounted?.driver).toBe('nvme')
  expect(end).toMatchObject({ state: 'undone', error: { step: 'verify' } })
  expect(world.machine.snapshot()).toEqual(found)
  expect(onlyAssignment(world).state).toBe('ready')
})

test('an adoption that changed nothing leaves its VF to whoever bound it meanwhile', async () => {
  const bind = async () => {
    await bindByHand(world, VF1, 'vfio-pci')
    throw new Error('made to fail')
  }
  const world: World = await makeWorld(memoryStore(), {
    adapt: beginning('rescan', bind),
  })
  await byHand(world, { change: 'setAutoprobe', pf: pciAddress(PF), enabled: false })
  await byHand(world, { change: 'setVfCount', pf: pciAddress(PF), count: 2 })
  await byHand(world, { ...NAMESPACE_1, change: 'detachNamespace' })
  await bringOnlineByHand(world, 1)
  await world.inventory.rescan(DEMO, world.hostId)

  const end = await world.end(
    await world.workflows.adopt(DEMO, virtualFunctionOf(world, 1).id)
  )

  expect(end).toMatchObject({ state: 'undone', error: { step: 'rescan' } })
  expect(world.machine.snapshot().functions[VF1]).toEqual({
    driver: 'vfio-pci',
    override: 'vfio-pci',
  })
})

test('a request that knows the host only from before its last boot is refused', async () => {
  const world = await makeWorld(memoryStore())
  const row = controllerAt(world, PLAIN)
  const { observation } = row
  const before = { ...observation, pci: { ...observation.pci, bootId: 'the last boot' } }
  await world.store.commit([
    {
      write: 'reconcile',
      controllers: [{ ...row, observation: before }],
      virtualFunctions: [],
      namespaces: [],
    },
  ])

  const refusals = await refusalsOf(assignPlain(world))
  await world.inventory.rescan(DEMO, world.hostId)

  expect(refusals).toMatchObject([{ check: 'host-rebooted', device: PLAIN }])
  await done(world, assignPlain(world))
})

function assignPlain(world: World) {
  const controllerId = controllerAt(world, PLAIN).id
  return world.workflows.assign(DEMO, { controllerId, consumer: 'vm' })
}

function retire(world: World) {
  return world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id)
}

function release(world: World) {
  return world.workflows.release(DEMO, onlyAssignment(world).id, { acceptUncleaned: true })
}

function refusalsIn({ error }: OperationView): Json {
  const detail = error?.detail
  return isGuard(detail) ? detail.refusals : []
}

function isGuard(detail: Json | undefined): detail is { readonly refusals: Json } {
  return typeof detail === 'object' && detail !== null && 'refusals' in detail
}

/** Does something when the step is begun. */
function beginning(name: string, first: () => Promise<void>) {
  return (workflow: WorkflowDefinition<StoreWrite>): WorkflowDefinition<StoreWrite> => ({
    ...workflow,
    steps: (params) =>
      workflow.steps(params).map((step) => ({
        ...step,
        run: async (context) => {
          if (step.name === name) await first()
          return step.run(context)
        },
      })),
  })
}

/** An operation that takes long, or waits for somebody, hides nothing of what others do to the functions beside its own. */
import { expect, onTestFinished, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import {
  bindByHand,
  controllerAt,
  done,
  makeWorld,
  PF,
  provision,
  virtualFunctionOf,
  type World,
} from './world.ts'

const TWO = [
  { ioQueuePairs: 1, nsids: [2] },
  { ioQueuePairs: 1, nsids: [3] },
]
const VF2 = '0000:01:00.2'
/** The kernel says so: well before the next round of scans. */
const WITHIN_MS = 2_000

test('what somebody does to a VF while another one is released is told, and is drift', async () => {
  const { world, told, goOn } = await releasing()
  const { id } = virtualFunctionOf(world, 2)

  await bindByHand(world, VF2, 'vfio-pci')
  await world.clock.advance(WITHIN_MS)

  expect(told()).toEqual([
    `virtual-function.changed ${id}`,
    `virtual-function.drift-appeared ${id}`,
  ])
  expect(world.inventory.virtualFunction(DEMO, id).drift).toMatchObject([
    { kind: 'driver-changed', found: { driver: 'vfio-pci' } },
  ])
  await goOn()
  expect(told(), 'told once').toHaveLength(2)
})

test('so is a reset of their primary, which takes it down', async () => {
  const { world, told, goOn } = await releasing()
  const { id } = virtualFunctionOf(world, 2)

  await world.machine.drills.fire({ event: 'controller-reset', address: PF })
  await world.clock.advance(WITHIN_MS)

  expect(told()).toEqual([
    `virtual-function.changed ${id}`,
    `virtual-function.drift-appeared ${id}`,
  ])
  await goOn()
})

test('where the policy is to heal, it is told before it is healed', async () => {
  const { world, told, goOn } = await releasing({ tends: true })
  await world.workflows.setDriftPolicy(DEMO, world.hostId, 'heal')
  const { id } = virtualFunctionOf(world, 2)

  await bindByHand(world, VF2, 'vfio-pci')
  await world.clock.advance(WITHIN_MS)

  expect(told()).toEqual([
    `virtual-function.changed ${id}`,
    `virtual-function.drift-appeared ${id}`,
    `virtual-function.restored ${id}`,
    `virtual-function.drift-resolved ${id}`,
  ])
  await goOn()
})

test.for(['check-namespaces-vf1', 'bind-vf1', 'rescan'])(
  'that VFs are enabled is no news of any, however long %s takes, nor that they are disabled',
  async (step) => {
    const { world, goOn } = await stoppedAt(step)
    const told = toldSinceNow(world)
    const provisioning = await provision(world, TWO, 'nvme')

    await world.clock.advance(WITHIN_MS)
    const { vfCount } = controllerAt(world, PF).observation.sriov ?? {}
    goOn()
    await world.end(provisioning)
    for (const vfNumber of [1, 2])
      await done(world, world.workflows.retire(DEMO, virtualFunctionOf(world, vfNumber).id))
    await world.clock.advance(WITHIN_MS)

    expect(vfCount, 'the scan has seen it').toBeGreaterThan(0)
    expect(told().filter((one) => /changed|drift/.test(one))).toEqual([])
  }
)

/** VF 1 is its consumer's, and its release stays where it is; VF 2 is only provisioned. */
async function releasing(options: { readonly tends?: boolean } = {}) {
  const { world, goOn } = await stoppedAt('check-released', options)
  await done(world, provision(world, TWO))
  const virtualFunctionId = virtualFunctionOf(world, 1).id
  const accept = ['not-tenant-safe'] as const
  const assigned = { virtualFunctionId, consumer: 'vm', accept }
  await done(world, world.workflows.assign(DEMO, assigned))
  const release = await world.workflows.release(DEMO, onlyAssignment(world).id, {})
  await world.clock.advance(WITHIN_MS)
  const end = async () => {
    goOn()
    await world.end(release)
    await world.clock.advance(WITHIN_MS)
  }
  return { world, told: toldSinceNow(world), goOn: end }
}

/** Hears uevents. Operations stop before that step, until they are let. */
async function stoppedAt(name: string, options: { readonly tends?: boolean } = {}) {
  let goOn = () => {}
  const held = new Promise<void>((resolve) => (goOn = resolve))
  const world = await makeWorld(memoryStore(), {
    ...options,
    adapt: (workflow) => ({
      ...workflow,
      steps: (params) =>
        workflow.steps(params).map((step) => ({
          ...step,
          run: async (context) => {
            if (step.name === name) await held
            return step.run(context)
          },
        })),
    }),
  })
  const starting = world.inventory.start()
  await world.clock.advance(0)
  await starting
  onTestFinished(async () => {
    goOn()
    await world.inventory.stop()
    await world.stop()
  })
  return { world, goOn }
}

const KINDS = ['controller', 'virtualFunction', 'namespace']

/** Of functions and namespaces. */
function toldSinceNow({ store }: World): () => readonly string[] {
  const all = () => store.read.events(null, 0, 1_000)
  const before = all().length
  return () =>
    all()
      .slice(before)
      .filter(({ subject }) => KINDS.includes(subject.kind))
      .map(({ type, subject }) => `${type} ${subject.id}`)
}

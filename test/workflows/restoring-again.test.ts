/** How long a host is being restored, what is put right meanwhile, and what comes back when it has long been ready. */
import { expect, onTestFinished, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { MachineEvent } from '../../src/host/drills.ts'
import type { Kernel } from '../../src/kernel/kernel.ts'
import type { Step } from '../../src/saga/workflow.ts'
import type { StoreWrite } from '../../src/store/store.ts'
import { RETIRE } from '../../src/workflows/retire-params.ts'
import { dualController } from '../support/dual-controller.ts'
import { diskIfAny, unbindByHand } from './by-hand.ts'
import {
  converged,
  declare,
  operations,
  settled,
  sizes,
  tended,
  told,
  TWO,
  until,
} from './declared-world.ts'
import { assignFirst, directWorld, NAMESPACES } from './direct-world.ts'
import { onlyAssignment } from './scenarios.ts'
import {
  controllerAt,
  done,
  PF,
  PLAIN,
  provision,
  virtualFunctionOf,
  type World,
} from './world.ts'

const VF1 = '0000:01:00.1'
const VF2 = '0000:01:00.2'

test('a release that waits for somebody keeps no host from being ready', async () => {
  const world = await directWorld(dualController(NAMESPACES), { tends: true })
  onTestFinished(() => world.stop())
  await done(world, assignFirst(world, [3, 5]))
  const match = { call: 'write', path: '**/driver_override', text: 'vfio-pci\n' } as const
  const mend = world.machine.faults.add({ match, kind: { fault: 'errno', errno: 'EIO' } })
  await reboot(world)
  await until(world, 'waiting', () => operations(world).at(-1)?.state === 'undone')
  world.machine.mount((await diskIfAny(world, { nsid: 6 })) ?? '', '/srv')

  const release = await world.workflows.release(DEMO, onlyAssignment(world).id, {})
  await world.until(release, (state) => state === 'blocked')
  mend()
  await settled(world)

  expect(world.workflows.operation(DEMO, release.id).state).toBe('blocked')
  expect(world.inventory.host(DEMO, world.hostId).state).toBe('ready')
})

test('while another function is still brought back, what somebody unbinds is reported only', async () => {
  const world = await tended()
  const vfs = [2, 3].map((nsid) => ({ ioQueuePairs: 1, nsids: [nsid] }))
  await done(world, provision(world, vfs, 'nvme'))
  const match = { call: 'write', path: `**/${VF2}/reset` } as const
  world.machine.faults.add({ match, kind: { fault: 'errno', errno: 'EIO' } })
  await reboot(world)
  const driver = () => world.machine.snapshot().functions[VF1]?.driver
  await until(world, 'back', () => told(world, /^virtual-function\.restored$/).length === 1)
  const back = driver()

  await unbindByHand(world, VF1)
  await world.inventory.rescan(DEMO, world.hostId)
  const meanwhile = world.inventory.host(DEMO, world.hostId).state
  await world.clock.advance(200_000)
  await settled(world)

  expect([back, meanwhile, driver()]).toEqual(['nvme', 'restoring', null])
  const { drift } = world.inventory.virtualFunction(DEMO, virtualFunctionOf(world, 1).id)
  expect(drift.map(({ kind }) => kind)).toEqual(['driver-changed'])
})

test('declared VFs of a drive that was pulled come back with it, and what somebody changes then is reported only', async () => {
  const world = await tended()
  await declare(world, TWO)
  await converged(world)
  const before = sizes(world)

  await fire(world, { event: 'surprise-removal', address: PF })
  const gone = told(world, /^controller\.gone$/)
  await fire(world, { event: 'hot-plug', address: PF })
  await converged(world)
  const back = sizes(world)
  await fire(world, { event: 'controller-reset', address: PF })
  await world.clock.advance(120_000)

  expect(gone).toHaveLength(1)
  expect(back).toEqual(before)
  expect(sizes(world)).toEqual([])
})

test('VFs of a drive that shows itself only when its host is ready come back with it', async () => {
  const world = await tended()
  await done(world, provision(world, [{ ioQueuePairs: 2, nsids: [2] }]))
  const before = sizes(world)
  await fire(world, { event: 'surprise-removal', address: PF })
  await reboot(world)
  await settled(world)

  await fire(world, { event: 'hot-plug', address: PF })
  await until(world, 'back', () => told(world, /^virtual-function\.restored$/).length === 1)

  expect(sizes(world)).toEqual(before)
  expect(world.inventory.host(DEMO, world.hostId).state).toBe('ready')
})

test('a VF whose controller does not get live in time is tried again, though scans meanwhile found it as it is to be', async () => {
  const slow = slowToGetLive(VF1)
  const world = await tended({ kernel: slow.kernel })
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }], 'nvme'))
  slow.begin()
  await reboot(world)
  await world.clock.advance(131_000)
  const ended = operations(world).map(({ state }) => state)

  slow.end()
  await settled(world)
  const back = driverOf(world, VF1)
  await unbindByHand(world, VF1)
  await world.clock.advance(60_000)

  expect(ended).toContain('undone')
  expect(back).toBe('nvme')
  expect(told(world, /^virtual-function\.restored$/)).toHaveLength(1)
  expect(driverOf(world, VF1)).toBeNull()
})

test('one that somebody cancels while its last scan finds it as it is to be is tried again', async () => {
  let cancels = false
  const cancelling = (step: Step<StoreWrite>): Step<StoreWrite> => ({
    ...step,
    run: async (context) => {
      const result = await step.run(context)
      if (cancels && step.name === 'rescan') {
        cancels = false
        void world.workflows.cancel(DEMO, context.operationId)
      }
      return result
    },
  })
  const world: World = await tended({
    adapt: (workflow) => ({
      ...workflow,
      steps: (params) => workflow.steps(params).map(cancelling),
    }),
  })
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }], 'nvme'))

  cancels = true
  await reboot(world)
  await until(world, 'undone', () => operations(world).at(-1)?.state === 'undone')
  await settled(world)

  expect(driverOf(world, VF1)).toBe('nvme')
  expect(told(world, /^virtual-function\.restored$/)).toHaveLength(1)
})

test('a VF that somebody retires meanwhile, for as long as that may take, keeps no host from being settled', async () => {
  const world = await tended()
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }], 'nvme'))
  const controllerId = controllerAt(world, PLAIN).id
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  const { faults } = world.machine
  const match = { call: 'write', path: `**/${VF1}/reset` } as const
  const mend = faults.add({ match, kind: { fault: 'errno', errno: 'EIO' } })
  await reboot(world)
  await until(world, 'tried', () =>
    operations(world).some(({ state }) => state === 'undone')
  )

  const hang = faults.arm({
    match: { call: 'admin', opcode: 0x15 },
    kind: { fault: 'never-returns' },
  })
  const retire = await world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id)
  await world.until(retire, (state) => state === 'blocked')
  await settled(world)
  const meanwhile = world.inventory.host(DEMO, world.hostId).state
  const still = world.workflows.operation(DEMO, retire.id).state
  mend()
  faults.takeBack(hang.id, 'with-effect')
  await world.end(retire)
  const stateOf = () => world.inventory.host(DEMO, world.hostId).state
  await until(world, 'ready', () => stateOf() === 'ready')

  expect([still, meanwhile]).toEqual(['blocked', 'degraded'])
  expect(onlyAssignment(world).state).toBe('ready')
})

test('and comes back after all when that is undone, though its host was settled before', async () => {
  let letGo = () => {}
  const isLetGo = new Promise<void>((resolve) => (letGo = resolve))
  const waiting = (step: Step<StoreWrite>): Step<StoreWrite> => ({
    ...step,
    run: (context) => isLetGo.then(() => step.run(context)),
  })
  const world = await tended({
    adapt: (workflow) => ({
      ...workflow,
      steps: (params) => {
        const steps = workflow.steps(params)
        return workflow.name === RETIRE ? steps.map(waiting) : steps
      },
    }),
  })
  await done(world, provision(world, [{ ioQueuePairs: 1, nsids: [2] }], 'nvme'))
  const retire = await world.workflows.retire(DEMO, virtualFunctionOf(world, 1).id)
  await reboot(world)
  await settled(world)
  const meanwhile = world.inventory.host(DEMO, world.hostId)

  await world.workflows.cancel(DEMO, retire.id)
  letGo()
  const stateOf = () => world.inventory.host(DEMO, world.hostId).state
  await until(world, 'ready', () => stateOf() === 'ready')

  expect(meanwhile.state).toBe('degraded')
  expect(world.workflows.operation(DEMO, retire.id).state).toBe('undone')
  expect(driverOf(world, VF1)).toBe('nvme')
})

/** The nvme driver has the function, and its controller is not ready, for as long as a test says. */
function slowToGetLive(address: string) {
  let isSlow = false
  const isOf = async (kernel: Kernel, path: string) => {
    const [, name] = /\/(nvme\d+)\/state$/.exec(path) ?? []
    if (name === undefined) return false
    const names = `/sys/bus/pci/devices/${address}/nvme`
    const asked = kernel.call({ call: 'readDir', path: names })
    const own: readonly string[] = await asked.catch(() => [])
    return own.includes(name)
  }
  const kernel = (its: Kernel): Kernel => ({
    ...its,
    call: async (call) => {
      const answer = await its.call(call)
      const isState = isSlow && call.call === 'read' && (await isOf(its, call.path))
      return isState ? ('connecting\n' as typeof answer) : answer
    },
  })
  return { kernel, begin: () => void (isSlow = true), end: () => void (isSlow = false) }
}

function driverOf({ machine }: World, address: string): string | null | undefined {
  return machine.snapshot().functions[address]?.driver
}

async function fire({ machine, clock }: World, event: MachineEvent): Promise<void> {
  expect(await machine.drills.fire(event)).toEqual({ fired: true })
  await clock.advance(400) // uevents, and the scan that they make
}

async function reboot(world: World): Promise<void> {
  await world.machine.drills.fire({ event: 'reboot' })
  await world.inventory.rescan(DEMO, world.hostId)
}

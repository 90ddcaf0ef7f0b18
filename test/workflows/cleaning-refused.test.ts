/** What keeps a release from cleaning, and what does not. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { KernelCall } from '../../src/kernel/call.ts'
import type { Kernel } from '../../src/kernel/kernel.ts'
import { CNS, OPCODE } from '../../src/nvme/admin-commands.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment, withPlainDrive } from './scenarios.ts'
import { controllerAt, done, makeWorld, PLAIN, type World } from './world.ts'

test('while the drive cannot say who else has a namespace, nothing of it is erased', async () => {
  const world = await makeWorld(memoryStore())
  const { id: controllerId } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  const match = { call: 'admin', opcode: 0x06, cdw10: CNS.attachedControllers } as const
  const { id } = world.machine.faults.arm({
    match,
    kind: { fault: 'status', status: 0x006 },
  })
  const releasing = await world.workflows.release(DEMO, onlyAssignment(world).id, {})

  const { state, error } = await world.end(releasing)
  const written = world.machine.transcript.filter(isErasing)
  world.machine.faults.takeBack(id, 'with-effect')

  expect(state).toBe('undone')
  expect(error?.message).toContain('Identify CNS 12h')
  expect(written).toEqual([])
  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))
})

test.for([
  ['before nvirt holds it', ({ call }: KernelCall) => call === 'admin'],
  ['beside nvirt', ({ call }: KernelCall) => call === 'holdDisk'],
] as const)(
  'a disk that somebody opens %s is not erased under their hands',
  async ([, isWhen]) => {
    let seen: (call: KernelCall) => void = () => {}
    const world = await makeWorld(memoryStore(), {
      kernel: (kernel) => telling(kernel, (call) => seen(call)),
    })
    const { id: controllerId } = controllerAt(world, PLAIN)
    await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
    let close: (() => void) | undefined
    seen = (call) => {
      if (!close && isWhen(call))
        close = world.machine.openDisk('nvme1n1', 'qemu-system-x86', 'plainly')
    }

    const releasing = await world.workflows.release(DEMO, onlyAssignment(world).id, {})
    await world.until(releasing, (state) => state === 'undoing' || state === 'succeeded')
    close?.()
    const { state, error } = await world.end(releasing)

    expect(state).toBe('undone')
    expect(JSON.stringify(error)).toContain('is open: qemu-system-x8')
    expect(world.machine.transcript.filter(isErasing)).toEqual([])
  }
)

test('who has a disk open while it is overwritten for hours is waited for, and named', async () => {
  let seen: (call: KernelCall) => void = () => {}
  const host = withPlainDrive({ device: 'plain' })
  const subsystems = host.subsystems.map((drive) => ({
    ...drive,
    namespaces: drive.namespaces.map((one) => ({ ...one, sizeBytes: 2 * 2 ** 30 })),
  }))
  const world = await makeWorld(memoryStore(), {
    description: { ...host, subsystems },
    kernel: (kernel) => telling(kernel, (call) => seen(call)),
  })
  const { id: controllerId } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  const slow = { fault: 'slow', ms: 500 } as const
  world.machine.faults.arm({ match: { call: 'writeZeroes' }, kind: slow })
  let close: (() => void) | undefined
  seen = ({ call }) => {
    if (call === 'writeZeroes')
      close ??= world.machine.openDisk('nvme1n1', 'smartctl', 'plainly')
  }

  const releasing = await world.workflows.release(DEMO, onlyAssignment(world).id, {})
  const isWaiting = () =>
    JSON.stringify(world.workflows.operation(DEMO, releasing.id).blocked).includes(
      'smartctl'
    )
  for (let seconds = 0; seconds < 60 && !isWaiting(); seconds++)
    await world.clock.advance(1_000)
  const waited = isWaiting()
  await world.clock.advance(60_000)
  close?.()

  expect(waited).toBe(true)
  expect(await world.end(releasing)).toMatchObject({ state: 'succeeded' })
  expect(onlyAssignment(world).state).toBe('released')
})

/** Says what a lane has called, once it has come back. */
function telling(kernel: Kernel, told: (call: KernelCall) => void): Kernel {
  return {
    ...kernel,
    lane: (key) => {
      const lane = kernel.lane(key)
      return {
        ...lane,
        call: async (call, options) => {
          const answer = await lane.call(call, options)
          told(call)
          return answer
        },
      }
    },
  }
}

const HELD = { call: 'holdDisk' } as const
const BUSY = { fault: 'errno', errno: 'EBUSY' } as const

test('who looks into a disk as it comes, and lets go, does not keep it from being cleaned', async () => {
  const world = await makeWorld(memoryStore())
  const { id: controllerId } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  world.machine.faults.arm({ match: HELD, kind: BUSY, times: 3 })

  await done(world, world.workflows.release(DEMO, onlyAssignment(world).id, {}))

  expect(onlyAssignment(world).state).toBe('released')
})

test('a disk that somebody keeps is not cleaned, and it is said whose it is', async () => {
  const world = await makeWorld(memoryStore())
  const { id: controllerId } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  const handedOver = world.machine.snapshot()
  world.machine.faults.arm({ match: HELD, kind: BUSY })

  const releasing = await world.workflows.release(DEMO, onlyAssignment(world).id, {})
  const { state, error } = await world.end(releasing)

  expect(state).toBe('undone')
  const said = 'holding /dev/nvme1n1, which a process out of sight has already'
  expect([error?.message, ...(error?.causes ?? [])].join()).toContain(said)
  expect(world.machine.snapshot()).toEqual(handedOver)
})

function isErasing(call: World['machine']['transcript'][number]): boolean {
  const isFormat = call.call === 'admin' && call.command.opcode === OPCODE.formatNvm
  return isFormat || ['writeBlocks', 'writeZeroes'].includes(call.call)
}

/** A Format counts once its own command has been heard to succeed; that its markers have gone says only that it began. */
import { expect, test } from 'vitest'
import { DEMO } from '../../src/access/caller.ts'
import type { FaultKind } from '../../src/host/drills.ts'
import type { KernelCall } from '../../src/kernel/call.ts'
import type { Kernel, Lane } from '../../src/kernel/kernel.ts'
import { isTerminal } from '../../src/saga/operation.ts'
import { memoryStore } from './memory-store.ts'
import { onlyAssignment } from './scenarios.ts'
import { controllerAt, done, makeWorld, PLAIN, type World } from './world.ts'

const FORMAT = { call: 'admin', opcode: 0x80 } as const
const INTERNAL_ERROR = 0x006
const LONG_MS = 20_000

const FAILING: readonly (readonly [string, FaultKind])[] = [
  ['at once', { fault: 'status-with-effect', status: INTERNAL_ERROR, ms: 1 }],
  ['after a while', { fault: 'status-with-effect', status: INTERNAL_ERROR, ms: LONG_MS }],
]

test.for(FAILING)(
  'a format that takes the markers away and then fails %s is sent again',
  async ([, kind]) => {
    const { world } = await assigned()
    world.machine.faults.arm({ match: FORMAT, times: 1, kind })

    const end = await released(world)

    expect(end.state).toBe('succeeded')
    expect(formats(world)).toHaveLength(2)
    expect(onlyAssignment(world)).toMatchObject({ state: 'released', quarantine: null })
  }
)

test.for(FAILING)(
  'one that never does more than that, failing %s, ends quarantined and has no evidence',
  async ([, kind]) => {
    const { world } = await assigned()
    world.machine.faults.arm({ match: FORMAT, kind })

    const end = await released(world)

    expect(end).toMatchObject({ state: 'stuck', error: { step: 'erase' } })
    expect(onlyAssignment(world).state).toBe('quarantined')
    expect(eventsOf(world, 'assignment.cleaned')).toEqual([])
  }
)

test('what a format answers after its deadline is its answer, and it is not sent again', async () => {
  const { world } = await assigned()
  world.machine.faults.arm({ match: FORMAT, kind: { fault: 'slow', ms: LONG_MS } })

  const end = await released(world)

  expect(end.state).toBe('succeeded')
  expect(formats(world)).toHaveLength(1)
})

test('a format whose end nobody heard, since the service was restarted, is sent again after new markers', async () => {
  const { world } = await assigned()
  const match = FORMAT
  world.machine.faults.arm({ match, times: 1, kind: { fault: 'slow', ms: LONG_MS } })
  const operation = await world.workflows.release(DEMO, onlyAssignment(world).id, {})
  await world.until(operation, (state) => state === 'blocked')
  await world.stop()
  const next = await world.succeededBy(world.store, { kernel: withOwnLanes })
  await next.clock.advance(2 * LONG_MS)

  await next.workflows.resume()
  const end = await next.end(operation)

  expect(end.state).toBe('succeeded')
  const since = next.machine.transcript.slice(
    next.machine.transcript.findIndex(isFormat) + 1
  )
  expect(since.filter(isFormat)).toHaveLength(1)
  expect(since.findIndex(isMarker)).toBeLessThan(since.findIndex(isFormat))
  expect(since.some(isMarker)).toBe(true)
})

test('while a format is overdue its drive is asked nothing', async () => {
  const { world, admin } = await assigned()
  world.machine.faults.arm({ match: FORMAT, kind: { fault: 'slow', ms: LONG_MS } })
  const operation = await world.workflows.release(DEMO, onlyAssignment(world).id, {})
  await world.until(operation, (state) => state === 'blocked')

  const before = admin.length
  await world.clock.advance(LONG_MS / 2)

  expect(world.workflows.operation(DEMO, operation.id).state).toBe('blocked')
  expect(admin.slice(before)).toEqual([])
  await released(world, operation)
})

/** @param begun default: it is begun */
async function released(world: World, begun?: { readonly id: string }) {
  const { id } =
    begun ?? (await world.workflows.release(DEMO, onlyAssignment(world).id, {}))
  for (let seconds = 0; seconds < 600; seconds++) {
    const operation = world.workflows.operation(DEMO, id)
    if (isTerminal(operation.state)) return operation
    await world.clock.advance(1_000)
  }
  throw new Error(`operation ${id} has no end`)
}

async function assigned() {
  const admin: KernelCall[] = []
  const kernel = (its: Kernel) => overheard(its, (call) => admin.push(call))
  const world = await makeWorld(memoryStore(), { kernel })
  const { id: controllerId } = controllerAt(world, PLAIN)
  await done(world, world.workflows.assign(DEMO, { controllerId, consumer: 'vm' }))
  return { world, admin }
}

function overheard(kernel: Kernel, heard: (call: KernelCall) => void): Kernel {
  const listening = (lane: Lane): Lane => ({
    ...lane,
    call: (call, options) => {
      if (call.call === 'admin') heard(call)
      return lane.call(call, options)
    },
  })
  return { ...kernel, lane: (key) => listening(kernel.lane(key)) }
}

/** Of another process: what a former one was still to hear it does not. */
function withOwnLanes(kernel: Kernel): Kernel {
  return { ...kernel, lane: (key) => kernel.lane(`${key} of the next service`) }
}

function formats({ machine }: World) {
  return machine.transcript.filter(isFormat)
}

function isFormat(call: KernelCall): boolean {
  return call.call === 'admin' && call.command.opcode === FORMAT.opcode
}

function isMarker({ call }: KernelCall): boolean {
  return call === 'writeBlocks'
}

function eventsOf({ store }: World, type: string) {
  return store.read.events(null, 0, 1_000).filter((event) => event.type === type)
}

/**
 * What every workflow keeps: each kernel write of a run in turn fails once, fails for ever, succeeds without effect and
 * never returns; every undo is run twice. Before the commit step the machine ends as it was found; after it at the goal,
 * or quarantined with the reason, and then at the goal when it is asked for again. A run that fails at its end has its
 * undo's writes spoiled too; one that cannot be undone for good is stuck, names the step, and leaves no more than that.
 */
import { expect } from 'vitest'
import type { MachineSnapshot } from '../../src/emulator/machine.ts'
import type { CallMatch, FaultDescription } from '../../src/host/drills.ts'
import type { KernelCall } from '../../src/kernel/call.ts'
import { DEMO as CALLER } from '../../src/access/caller.ts'
import type { OperationView } from '../../src/workflows/workflows.ts'
import { memoryStore } from '../workflows/memory-store.ts'
import type { World } from '../workflows/world.ts'
import { expectInventoryTold } from './inventory-told.ts'
import { expectFoundBut } from './left-behind.ts'
import { scenarioWorld, type Scenario } from './scenario.ts'
import { worthSpoiling } from './worth-spoiling.ts'

export const FAULTS = [
  'fails once',
  'fails for ever',
  'succeeds without effect',
  'never returns, and then had its effect',
  'never returns, and then had none',
] as const

export type FaultKind = (typeof FAULTS)[number]

export type CleanRun = {
  readonly found: MachineSnapshot
  readonly goal: MachineSnapshot
  readonly writes: readonly KernelCall[]
}

export async function cleanRun(scenario: Scenario): Promise<CleanRun> {
  const world = await scenarioWorld(scenario, memoryStore(), { undoneTwice: true })
  const found = world.machine.snapshot()
  const from = world.machine.transcript.length
  const operation = await world.end(await scenario.start(world))
  if (scenario.failsIn === undefined) {
    expect(operation).toMatchObject({ state: 'succeeded', error: null })
    scenario.atGoal?.(world)
  } else {
    expect(operation).toMatchObject({ state: 'undone', error: { step: scenario.failsIn } })
    expect(world.machine.snapshot()).toEqual(found)
  }
  await world.stop()
  const writes = world.machine.transcript.slice(from)
  return { found, goal: world.machine.snapshot(), writes }
}

/** @returns how each of them ended, for a look at what the contract saw */
export async function survivesEveryKernelWrite(
  scenario: Scenario,
  clean: CleanRun,
  fault: FaultKind
): Promise<readonly string[]> {
  expect(
    clean.writes.length,
    'a workflow that writes nothing proves nothing'
  ).toBeGreaterThan(0)
  const ends: string[] = []
  for (const nth of worthSpoiling(clean.writes)) {
    const write = clean.writes[nth]
    if (!write) throw new Error(`no write ${nth}`)
    const end = await spoiledRun(scenario, clean, nth, fault)
    ends.push(`${inWords(write)}: ${end}`)
  }
  return ends
}

async function spoiledRun(
  scenario: Scenario,
  clean: CleanRun,
  nth: number,
  fault: FaultKind
): Promise<string> {
  const world = await scenarioWorld(scenario, memoryStore(), { undoneTwice: true })
  const write = clean.writes[nth]
  if (!write) throw new Error(`no write ${nth}`)
  const what = `${fault} at write ${nth}, ${inWords(write)}`
  const injected = injectInto(world, faultOf(fault, write, clean.writes.slice(0, nth)))
  const operation = await scenario.start(world)
  if (fault.startsWith('never returns')) {
    return afterHanging(scenario, clean, world, operation, fault, what)
  }
  const end = await world.end(operation)
  expect(injected.strikes(), `${what}: it struck`).toBeGreaterThan(0)
  expectAllowedEnd(scenario, clean, world, end, fault, what)
  await expectInventoryTold(world, what)
  if (end.state === 'stuck' && end.committed) {
    injected.passes()
    await expectWayOut(scenario, clean, world, what)
  }
  await world.stop()
  return endInWords(end)
}

function injectInto({ machine: { faults } }: World, fault: FaultDescription) {
  const { id } = faults.arm(fault)
  return {
    passes: () => void faults.takeBack(id, 'with-effect'),
    strikes: () => faults.armed().find((armed) => armed.id === id)?.struck ?? 0,
  }
}

/** Asked for again when the fault has passed, it gets where it did not. */
async function expectWayOut(
  scenario: Scenario,
  { goal }: CleanRun,
  world: World,
  what: string
): Promise<void> {
  const again = await world.end(await scenario.start(world))
  expect(again, `${what}: asked for again`).toMatchObject({ state: 'succeeded' })
  expect(world.machine.snapshot(), `${what}: asked for again`).toEqual(goal)
  scenario.atGoal?.(world)
}

/** Blocked; nothing more is written, by this service or by the next one on the machine; in the end all is well. */
async function afterHanging(
  scenario: Scenario,
  clean: CleanRun,
  world: World,
  operation: OperationView,
  fault: FaultKind,
  what: string
): Promise<string> {
  const { machine } = world
  await world.until(operation, (state) => state === 'blocked')
  const written = machine.transcript.length
  await world.clock.advance(5_000)
  const again = await world.restart()
  await again.workflows.resume()
  await again.clock.advance(5_000)
  const shown = again.workflows.operation(CALLER, operation.id)
  expect(shown, what).toMatchObject({
    state: 'blocked',
    blocked: { call: expect.any(String) },
  })
  expect(machine.transcript.length, `${what}: writes while blocked`).toBe(written)

  machine.faults.release(fault.endsWith('had none') ? 'without-effect' : 'with-effect')
  const end = await again.end(operation)
  expectAllowedEnd(scenario, clean, again, end, fault, what)
  await expectInventoryTold(again, what)
  await again.stop()
  return endInWords(end)
}

function expectAllowedEnd(
  scenario: Scenario,
  { found, goal }: CleanRun,
  world: World,
  end: OperationView,
  fault: FaultKind,
  what: string
): void {
  const machine = world.machine.snapshot()
  if (end.state === 'succeeded') {
    expect(machine, `${what}: succeeded`).toEqual(goal)
    scenario.atGoal?.(world)
    return
  }
  expect(end.error, `${what}: ${end.state} without a reason`).not.toBeNull()
  if (end.state === 'undone') {
    expect(end.committed, `${what}: undone after its commit step`).toBe(false)
    expect(machine, `${what}: undone`).toEqual(found)
    scenario.asFound?.(world)
    return
  }
  expect(fault, `${what}: stuck, though it would have passed`).toBe('fails for ever')
  if (!end.committed) {
    const named = namedByStuck(end, what)
    if (scenario.failsIn === undefined)
      expect(named, `${what}: stuck before its commit step`).toEqual([scenario.undoRepeats])
    expectFoundBut(named, found, machine, what)
  }
  expect(scenario.quarantined, `${what}: stuck, and nobody says of what`).toBeDefined()
  scenario.quarantined?.(world, end)
}

/** The steps whose undo failed for good; all others are undone. */
function namedByStuck({ steps, error }: OperationView, what: string): readonly string[] {
  const states = steps.map(({ state }) => state)
  const names = steps.filter(({ state }) => state === 'undo-failed').map(({ name }) => name)
  expect(names, what).not.toEqual([])
  expect(states, what).not.toContain('undoing')
  for (const name of names) expect(error?.message, what).toContain(name)
  return names
}

function faultOf(
  fault: FaultKind,
  write: KernelCall,
  before: readonly KernelCall[]
): FaultDescription {
  const match = { control: true }
  const skip = before.length
  switch (fault) {
    case 'fails once': {
      const ofItsKind = before.filter(({ call }) => call === write.call).length
      const once = { match: { ...match, call: write.call }, skip: ofItsKind, times: 1 }
      return { ...once, kind: failureOf(write) }
    }
    case 'fails for ever':
      return { match: sameAs(write), kind: failureOf(write) }
    case 'succeeds without effect':
      return { match, skip, times: 1, kind: { fault: 'without-effect' } }
    case 'never returns, and then had its effect':
    case 'never returns, and then had none':
      return { match, skip, times: 1, kind: { fault: 'never-returns' } }
  }
}

/** NVMe Base 2.1, "Generic Command Status Values": Internal Error, with Do Not Retry. */
const INTERNAL_ERROR = 0x4006

function failureOf(write: KernelCall): FaultDescription['kind'] {
  return write.call === 'admin'
    ? { fault: 'status', status: INTERNAL_ERROR }
    : { fault: 'errno', errno: 'EIO' }
}

function sameAs(write: KernelCall): CallMatch {
  if (write.call === 'write') return { call: 'write', path: write.path, text: write.text }
  if (write.call !== 'admin') return { call: write.call, path: write.path }
  const { opcode, nsid = 0, cdw10 = 0, cdw11 = 0 } = write.command
  return { call: 'admin', path: write.device, opcode, nsid, cdw10, cdw11 }
}

function inWords(call: KernelCall): string {
  if (call.call === 'write') return `write ${call.path} ${JSON.stringify(call.text)}`
  if (call.call !== 'admin') return call.call
  const { opcode, cdw10 = 0 } = call.command
  return `admin ${opcode.toString(16)}h cdw10 ${cdw10.toString(16)}h`
}

function endInWords({ state, error }: OperationView): string {
  return error ? `${state} (${error.step}: ${error.message})` : state
}

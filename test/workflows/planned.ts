/** Plans of scenarios, and whether what is written then is what they named. */
import type { KernelCall } from '../../src/kernel/call.ts'
import type { BlockWrite, KernelWrite } from '../../src/host/preview.ts'
import { commandFields } from '../../src/nvme/command-fields.ts'
import type { Json, Step, WorkflowDefinition } from '../../src/saga/workflow.ts'
import type { StoreWrite } from '../../src/store/store.ts'
import type { Plan } from '../../src/workflows/plan/plan.ts'
import type { ChangeRequest } from '../../src/workflows/requests/prepare-request.ts'
import { namedIn, type Named } from '../support/named-writes.ts'
import type { Scenario } from '../support/scenario.ts'
import { memoryStore } from './memory-store.ts'
import { makeWorld, type World } from './world.ts'

/** Fails in one step once it is told to. */
export type PlanWorld = World & { readonly failIn: (step: string) => void }

export async function worldOf({ description, prepare }: Scenario): Promise<PlanWorld> {
  let failing: string | null = null
  const fails = (step: Step<StoreWrite>) =>
    step.name === failing
      ? { ...step, guard: () => Promise.reject(new Error('made to fail')) }
      : step
  const adapt = (workflow: WorkflowDefinition<StoreWrite>) => ({
    ...workflow,
    steps: (params: Json) => workflow.steps(params).map(fails),
  })
  const world = await makeWorld(memoryStore(), {
    adapt,
    ...(description && { description }),
  })
  await prepare?.(world)
  return { ...world, failIn: (step) => void (failing = step) }
}

/** What a scenario asks for, which is not begun. */
export async function askedIn(world: World, { start }: Scenario): Promise<ChangeRequest> {
  let caught: ChangeRequest | undefined
  const ask = (asked: ChangeRequest): Promise<never> => {
    caught = asked
    return Promise.reject(new Error('only asked'))
  }
  const workflows: World['workflows'] = {
    ...world.workflows,
    provision: (_, controllerId, request) =>
      ask({ ask: 'provision', controllerId, request }),
    resizePrimary: (_, controllerId, request) =>
      ask({ ask: 'resizePrimary', controllerId, request }),
    retire: (_, virtualFunctionId) => ask({ ask: 'retire', virtualFunctionId }),
    adopt: (_, virtualFunctionId) => ask({ ask: 'adopt', virtualFunctionId }),
    heal: (_, functionId) => ask({ ask: 'heal', functionId }),
    assign: (_, request) => ask({ ask: 'assign', request }),
    release: (_, assignmentId, request) => ask({ ask: 'release', assignmentId, request }),
  }
  await start({ ...world, workflows }).catch(() => undefined)
  if (!caught) throw new Error('the scenario asks for nothing')
  return caught
}

export type Write = SysfsOrAdmin | Omit<BlockWrite, 'through' | 'nsid'>
type SysfsOrAdmin = Exclude<KernelWrite['write'], BlockWrite>

export function forwardOf(plan: Plan): readonly Named<Write>[] {
  return plan.steps.flatMap(({ does }) => namedIn(does, plain))
}

/** There, up to that step, and back. */
export function thereAndBack(plan: Plan, failing: string): readonly Named<Write>[] {
  const at = plan.steps.findIndex(({ name }) => name === failing)
  const until = plan.steps.slice(0, at)
  return [
    ...until.flatMap(({ does }) => namedIn(does, plain)),
    ...until.toReversed().flatMap(({ undo }) => (undo ? namedIn(undo, plain) : [])),
  ]
}

function plain(write: KernelWrite['write']): Write {
  if (write.to !== 'blocks') return write
  const { through: _, nsid: __, ...rest } = write
  return rest
}

/** As plans have them. A disk that is held is opened, and nothing on it written. */
export function writesIn(calls: readonly KernelCall[]): readonly Write[] {
  return joined(calls.flatMap(asWrite))
}

function asWrite(call: KernelCall): readonly Write[] {
  if (call.call === 'write') return [{ to: 'sysfs', path: call.path, text: call.text }]
  if (call.call === 'writeBlocks') return [blocks(call.offset, call.bytes.length, 'marker')]
  if (call.call === 'writeZeroes') return [blocks(call.offset, call.length, 'zeroes')]
  if (call.call !== 'admin') return []
  const { device, command } = call
  const { opcode, nsid = 0, cdw10 = 0, cdw11 = 0, dataOut } = command
  const hex = dataOut ? Buffer.from(dataOut).toString('hex') : null
  const data = hex?.replace(/(00)+$/, '') ?? null
  const fields = commandFields(command)
  return [{ to: 'nvme', device, opcode, nsid, cdw10, cdw11, fields, data }]
}

function blocks(offset: number, length: number, content: BlockWrite['content']): Write {
  return { to: 'blocks', offset, length, content }
}

/** Zeroes are written in pieces. */
function joined(writes: readonly Write[]): readonly Write[] {
  return writes.reduce<readonly Write[]>((before, write) => {
    const last = before.at(-1)
    if (write.to !== 'blocks' || last?.to !== 'blocks') return [...before, write]
    const isNext = last.content === 'zeroes' && last.offset + last.length === write.offset
    if (!isNext || write.content !== 'zeroes') return [...before, write]
    return [...before.slice(0, -1), { ...last, length: last.length + write.length }]
  }, [])
}

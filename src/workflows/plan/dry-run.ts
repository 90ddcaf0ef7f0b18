/**
 * An operation that is run in a foreseen world: its own steps, their guards and their undo, so that there is no second
 * description of what a workflow does. What refuses is noted, and the run goes on, so that everything is told at once.
 */
import { setImmediate } from 'node:timers/promises'
import { Type } from 'typebox'
import { Check } from 'typebox/value'
import { ControlPlaneError, type Trouble } from '../../errors.ts'
import { HostDriverError } from '../../host/driver.ts'
import { Unforeseen } from '../../host/unforeseen.ts'
import type { Json, Step, StepContext, WorkflowDefinition } from '../../saga/workflow.ts'
import type { StoreWrite } from '../../store/store.ts'
import type { Surroundings } from '../define-workflow.ts'
import { refusalOf } from '../requests/prepared.ts'
import type { ForeseenWorld } from './foreseen-world.ts'
import { NOTHING_TOLD, type Told } from './told.ts'

export type DryStep = {
  readonly name: string
  readonly commit: boolean
  readonly does: Told
  /** From the end back, or from the commit step, where there is one; null: there is nothing to undo. */
  readonly undo: Told | null
  readonly refusals: readonly Trouble[]
}

export type Planned = {
  readonly operationId: string
  readonly params: Json
  readonly actor: string
  readonly tenant: string
  /** Device that is named where one does not answer. */
  readonly device: string
  /** The request is refused already. */
  readonly isRefused: boolean
}

type Define = (around: Surroundings) => WorkflowDefinition<StoreWrite>

type Run = {
  readonly world: ForeseenWorld
  readonly planned: Planned
  readonly outputs: Record<string, Json>
  /** What goes wrong after a refusal may only follow from going on all the same. */
  readonly refused: { isAny: boolean }
}

/** @throws what is neither a refusal nor unforeseen: ControlPlaneError host-away; a bug */
export async function dryRun(
  define: Define,
  world: ForeseenWorld,
  planned: Planned
): Promise<readonly DryStep[]> {
  const steps = define(world.around).steps(planned.params)
  const commitAt = steps.findIndex(({ commit }) => commit === true)
  const undoable = commitAt < 0 ? steps.length : commitAt
  const outputs: Record<string, Json> = {}
  const run: Run = { world, planned, outputs, refused: { isAny: planned.isRefused } }
  const forward: Forward[] = []
  for (const step of steps.slice(0, undoable)) forward.push(await goForward(run, step))
  const back = await goBack(define, run, undoable)
  for (const step of steps.slice(undoable)) forward.push(await goForward(run, step))
  return steps.map(({ name, commit = false }, at) => ({
    name,
    commit,
    ...(forward[at] ?? { does: NOTHING_TOLD, refusals: [] }),
    undo: back.get(name) ?? null,
  }))
}

type Forward = Pick<DryStep, 'does' | 'refusals'>

async function goForward(run: Run, step: Step<StoreWrite>): Promise<Forward> {
  const { world, planned, outputs } = run
  // What is remembered is answered at once, and a plan may have thousands of writes: others have their turn in between.
  await setImmediate()
  const context = contextOf(planned, step, outputs)
  const asked = await noted(run, async () => (await step.guard?.(context)) ?? PASSED)
  const ran = await noted(run, () => step.run(context))
  const result = ran.result
  if (result?.result === 'done') {
    outputs[step.name] = result.output ?? null
    world.rows.note(result.writes ?? [])
  } else {
    lacking(outputs, step.name, ran.unforeseen ?? `what ${step.name} finds is not known`)
  }
  const changes = world.takeChanges()
  return {
    does: {
      changes,
      unforeseen: asked.unforeseen ?? ran.unforeseen,
      waitsFor: waitOf(asked.result) ?? waitOf(result),
    },
    refusals: [...asked.refusals, ...ran.refusals],
  }
}

/** In a world of its own: the way forward goes on from where it was. */
async function goBack(
  define: Define,
  run: Run,
  from: number
): Promise<ReadonlyMap<string, Told>> {
  const { world, planned, outputs } = run
  const after = world.fork()
  const steps = define(after.around).steps(planned.params).slice(0, from)
  const back = new Map<string, Told>()
  for (const step of steps.toReversed()) {
    const { undo } = step
    if (!undo) continue
    await setImmediate()
    const context = contextOf(planned, step, outputs)
    const { result, unforeseen, refusals } = await noted(run, () => undo(context))
    if (result?.result === 'done') after.rows.note(result.writes ?? [])
    const [refused] = refusals
    back.set(step.name, {
      changes: after.takeChanges(),
      unforeseen: unforeseen ?? (refused ? `refused as things are: ${refused.kind}` : null),
      waitsFor: waitOf(result),
    })
  }
  return back
}

type Noted<Result> = {
  readonly result: Result | null
  readonly refusals: readonly Trouble[]
  readonly unforeseen: string | null
}

async function noted<Result>(
  { planned: { device }, refused }: Run,
  work: () => Promise<Result>
): Promise<Noted<Result>> {
  try {
    return { result: await work(), refusals: [], unforeseen: null }
  } catch (error) {
    const nothing = { result: null, refusals: [], unforeseen: null }
    if (error instanceof Unforeseen) return { ...nothing, unforeseen: error.message }
    const trouble = troubleIn(error, device)
    if (trouble) refused.isAny = true
    if (trouble) return { ...nothing, refusals: [trouble] }
    const follows = refused.isAny && error instanceof Error && !isAway(error)
    if (follows) return { ...nothing, unforeseen: `it is refused before: ${error.message}` }
    throw error
  }
}

function troubleIn(error: unknown, device: string): Trouble | undefined {
  if (error instanceof ControlPlaneError && !isAway(error)) return error.trouble
  const refusal = error instanceof HostDriverError && refusalOf(device, error)
  return refusal ? { kind: 'guard', refusals: [refusal] } : undefined
}

function isAway(error: Error): boolean {
  return error instanceof ControlPlaneError && error.trouble.kind === 'host-away'
}

const PASSED = { result: 'passed' } as const

const Report = Type.Object({ call: Type.String() })

type Waits = { readonly result: string; readonly report?: Json }

function waitOf(result: Waits | null): string | null {
  if (result?.result !== 'blocked') return null
  return Check(Report, result.report) ? result.report.call : 'a call that has not come back'
}

/** A later step that needs it is unforeseen too. */
function lacking(outputs: Record<string, Json>, name: string, why: string): void {
  Object.defineProperty(outputs, name, {
    enumerable: true,
    get: () => {
      throw new Unforeseen(why)
    },
  })
}

function contextOf(
  { operationId, actor, tenant }: Planned,
  { name }: Step<StoreWrite>,
  outputs: Readonly<Record<string, Json>>
): StepContext {
  return {
    operationId,
    step: name,
    fence: 1,
    outputs,
    actor,
    tenant,
    progress: () => undefined,
    reported: null,
  }
}

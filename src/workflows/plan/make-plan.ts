/** A request is prepared, and its operation run in foreseen worlds: what that gives is its plan. */
import { Type } from 'typebox'
import { Check } from 'typebox/value'
import type { Caller } from '../../access/caller.ts'
import { isoTime } from '../../clock.ts'
import { ControlPlaneError, type Trouble } from '../../errors.ts'
import type { Json } from '../../saga/workflow.ts'
import { createWorkflowBook } from '../../saga/workflow-book.ts'
import { workflowsIn } from '../definitions.ts'
import type { Surroundings } from '../define-workflow.ts'
import type { SelfAttaching } from '../../host/foresee-attachments.ts'
import { asker } from '../host-session.ts'
import { heldBy, hostOf } from '../open-operations.ts'
import { prepareRequest, type ChangeRequest } from '../requests/prepare-request.ts'
import type { Prepared, RequestContext } from '../requests/prepared.ts'
import { affectedBy, resetsOf, writingChanges } from './affected.ts'
import { dryRun, type DryStep } from './dry-run.ts'
import { foreseenWorld } from './foreseen-world.ts'
import { hostsNow, type Answered } from './hosts-now.ts'
import type { Plan, PlanRefusal } from './plan.ts'
import { inAnyWorld, waysToAttach } from './self-attaching.ts'

/** How long a plan may be run. */
export const PLAN_LASTS_MS = 15 * 60_000

export type Planning = {
  readonly around: Surroundings
  readonly caller: Caller
  readonly asked: ChangeRequest
  /** Of the plan, and of the operation that it is run as. */
  readonly id: string
  /** Ids that the operation makes of its own: the same ones each time. */
  readonly newId: () => string
}

/** With what it was made of, to be compared when it is to be run. */
export type MadePlan = {
  readonly plan: Plan
  readonly params: Json
  readonly answers: readonly Answered[]
  /** To be begun, where nothing speaks against it. */
  readonly prepared: Prepared | undefined
}

/** Touches nothing. @throws ControlPlaneError not-found, invalid, forbidden, host-away: there is nothing to plan */
export async function makePlan(planning: Planning): Promise<MadePlan> {
  const { around, id } = planning
  const now = hostsNow(around.hosts)
  const seen = { ...planning, around: { ...around, hosts: now.hosts } }
  const { prepared, troubles } = await preparedFor(seen)
  const atMs = around.clock.nowMs()
  const dry = prepared ? await runDry(seen, prepared, troubles.length > 0) : []
  const nothing = {
    virtualFunctions: [],
    siblings: [],
    assignments: [],
    tenants: [],
    mounts: [],
  }
  return {
    plan: {
      id,
      workflow: prepared?.workflow ?? null,
      subject: prepared ? heldBy(prepared.params).subject : null,
      steps: dry.map(({ name, commit, does, undo }) => ({ name, commit, does, undo })),
      affected: prepared ? await affectedOf(seen, prepared, dry) : nothing,
      resets: resetsOf(dry),
      refusals: refusalsOf(troubles, dry),
      createdAt: isoTime(atMs),
      expiresAt: isoTime(atMs + PLAN_LASTS_MS),
    },
    params: prepared?.params ?? null,
    answers: now.answers(),
    prepared,
  }
}

type Preparing = {
  /** undefined: what speaks against it leaves nothing to look at. */
  readonly prepared: Prepared | undefined
  readonly troubles: readonly Trouble[]
}

async function preparedFor({ around, caller, asked, newId }: Planning): Promise<Preparing> {
  const troubles: Trouble[] = []
  const { store, hosts, clock } = around
  const at = isoTime(clock.nowMs())
  const object = ({ trouble }: ControlPlaneError) => void troubles.push(trouble)
  const context: RequestContext = { store, hosts, caller, at, newId, object }
  try {
    return { prepared: await prepareRequest(context, asked), troubles }
  } catch (error) {
    const trouble = error instanceof ControlPlaneError ? error.trouble : undefined
    if (trouble && speaksAgainst(trouble)) troubles.push(trouble)
    // What follows from an objection is none of its own.
    else if (trouble || troubles.length === 0) throw error
    return { prepared: undefined, troubles }
  }
}

/** Of the others there is nothing to plan. */
function speaksAgainst({ kind }: Trouble): boolean {
  return ['conflict', 'wrong-state', 'insufficient-resources', 'guard'].includes(kind)
}

async function runDry(
  { around, caller, id }: Planning,
  prepared: Prepared,
  isRefused: boolean
): Promise<readonly DryStep[]> {
  const { workflow, params } = prepared
  const { actor, tenant } = caller
  const hostId = hostIdOf(prepared)
  const run = (selfAttaching: readonly SelfAttaching[]) => {
    const world = foreseenWorld({ around, hostId, selfAttaching })
    world.rows.note(prepared.writes(id))
    const device = deviceOf(params)
    const planned = { operationId: id, params, actor, tenant, device, isRefused }
    return dryRun((foreseen) => definitionIn(foreseen, workflow, params), world, planned)
  }
  const attachingNone = await run([])
  const changes = attachingNone.flatMap(({ does }) => does.changes)
  const others: (readonly DryStep[])[] = []
  for (const way of waysToAttach(around.store, hostId, changes)) others.push(await run(way))
  return inAnyWorld(attachingNone, others)
}

const OfFunction = Type.Object({ fn: Type.String() })
const OfPrimary = Type.Object({ primary: Type.Object({ address: Type.String() }) })

function deviceOf(params: Json): string {
  if (Check(OfFunction, params)) return params.fn
  return Check(OfPrimary, params) ? params.primary.address : heldBy(params).subject.id
}

/** As the engine finds it. */
function definitionIn(around: Surroundings, workflow: string, params: Json) {
  return createWorkflowBook(workflowsIn(around)).plan(workflow, params).definition
}

function affectedOf(
  { around }: Planning,
  prepared: Prepared,
  dry: readonly DryStep[]
): Promise<Plan['affected']> {
  const hostId = hostIdOf(prepared)
  const own = heldBy(prepared.params).holds.exclusive
  const ask = asker(around.hosts, hostId)
  return affectedBy({ ask, store: around.store, hostId, own, changes: writingChanges(dry) })
}

function hostIdOf({ params, workflow }: Prepared): string {
  const hostId = hostOf(params)
  if (hostId !== undefined) return hostId
  throw new Error(`${workflow} is of no host`)
}

/** What the request is refused for, a step is refused for again. */
function refusalsOf(
  troubles: readonly Trouble[],
  dry: readonly DryStep[]
): readonly PlanRefusal[] {
  const told = new Set<string>()
  const all = [
    ...troubles.map((trouble) => ({ step: null, trouble })),
    ...dry.flatMap(({ name, refusals }) =>
      refusals.map((trouble) => ({ step: name, trouble }))
    ),
  ]
  return all.flatMap(one).filter(({ trouble }) => {
    const text = JSON.stringify(trouble)
    const isNew = !told.has(text)
    told.add(text)
    return isNew
  })
}

function one({ step, trouble }: PlanRefusal): readonly PlanRefusal[] {
  if (trouble.kind !== 'guard') return [{ step, trouble }]
  return trouble.refusals.map((refusal) => {
    return { step, trouble: { kind: 'guard' as const, refusals: [refusal] } }
  })
}

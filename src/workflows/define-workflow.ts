/**
 * A workflow as a table of steps, made into a saga's definition. Each row observes, guards, changes or records:
 *
 * - `observe` asks the host and logs the answer; it changes nothing there.
 * - `guard` asks the host and refuses: nothing after it is done when a check fails.
 * - `change` (change-row.ts) is a list of moves on one target, with the moves that undo it.
 * - `record` only writes rows.
 */
import { isoTime, type Clock } from '../clock.ts'
import { ControlPlaneError, type Refusal } from '../errors.ts'
import type { Hosts } from '../host/hosts.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type {
  Blocked,
  EndContext,
  GuardResult,
  Json,
  Step,
  StepContext,
  StepResult,
  WorkflowDefinition,
} from '../saga/workflow.ts'
import type { Store, StoreWrite } from '../store/store.ts'
import { applier, asker, HostBlocked, type Apply, type Ask } from './host-session.ts'
import { scannedIfItCan } from './scanned.ts'

/** What steps work with. */
export type Surroundings = {
  readonly hosts: Hosts
  readonly store: Store
  readonly inventory: Inventory
  readonly clock: Clock
  /** For each kernel call, until it is reported blocked. */
  readonly deadlineMs: number
}

export type Table<Params> = {
  readonly name: string
  readonly version: number
  /** @throws Error when the logged parameters do not have this version's shape. */
  readonly params: (json: Json) => Params
  readonly locks: (params: Params) => readonly string[]
  readonly steps: (params: Params) => readonly Row[]
  readonly onSucceeded?: (params: Params, end: EndContext) => readonly StoreWrite[]
  readonly onUndone?: (params: Params, end: EndContext) => readonly StoreWrite[]
  readonly onStuck?: (params: Params, end: EndContext) => readonly StoreWrite[]
  readonly onRetried?: (params: Params, end: EndContext) => readonly StoreWrite[]
}

/** A row in action. */
export type Turn = {
  readonly ask: Ask
  readonly apply: Apply
  readonly store: Store
  readonly inventory: Inventory
  readonly at: string
  readonly operationId: string
  readonly actor: string
  readonly tenant: string
  readonly outputs: Readonly<Record<string, Json>>
  /** Before the commit step a reboot ends an operation, since it took away what the steps until now did. */
  readonly reboot: 'refused' | 'allowed'
  /** Says how far the row is, and how far it was when it was interrupted: see StepContext. */
  readonly progress: StepContext['progress']
  readonly reported: StepContext['reported']
}

export type Done = { readonly output?: Json; readonly writes?: readonly StoreWrite[] }

export type Row = {
  readonly name: string
  readonly commit: boolean
  readonly locks: readonly string[]
  /** Asked each time before `run`. @throws the refusal; {HostBlocked} */
  readonly guard?: (turn: Turn) => Promise<void>
  readonly run: (turn: Turn) => Promise<Done>
  readonly undo?: (turn: Turn) => Promise<Done>
}

type RowOptions = {
  /** Held while the row runs or is undone. */
  readonly locks?: readonly string[]
  readonly commit?: boolean
  readonly undo?: (turn: Turn) => Promise<Done>
}

export function observe(
  name: string,
  run: (turn: Turn) => Promise<Done>,
  options: RowOptions = {}
): Row {
  return { name, locks: [], commit: false, run, ...options }
}

/**
 * A step that only looks, so that what speaks against the operation is seen before it begins. It is true when it is
 * done, and no longer: a row that changes what depends on it has a guard of its own.
 */
export function guard(
  name: string,
  check: (turn: Turn) => Promise<readonly Refusal[]>
): Row {
  return observe(name, async (turn) => {
    pass(name, await check(turn))
    return {}
  })
}

/** @throws ControlPlaneError guard */
export function pass(name: string, refusals: readonly Refusal[]): void {
  if (refusals.length > 0) throw refused(`passing ${name}`, refusals)
}

export function refused(
  doing: string,
  refusals: readonly Refusal[],
  cause?: unknown
): ControlPlaneError {
  return new ControlPlaneError(doing, { kind: 'guard', refusals }, cause)
}

export function record(name: string, writes: (turn: Turn) => readonly StoreWrite[]): Row {
  return observe(name, (turn) => Promise.resolve({ writes: writes(turn) }))
}

export function defineWorkflow<Params extends { readonly hostId: string }>(
  around: Surroundings,
  table: Table<Params>
): WorkflowDefinition<StoreWrite> {
  const { onSucceeded, onUndone, onStuck, onRetried } = table
  const paramsOf = (end: EndContext) => table.params(end.params)
  return {
    name: table.name,
    version: table.version,
    locks: (json) => table.locks(table.params(json)),
    steps: (json) => {
      const params = table.params(json)
      const rows = table.steps(params)
      const commitAt = rows.findIndex(({ commit }) => commit)
      return rows.map((row, at) => {
        const reboot = commitAt >= 0 && at >= commitAt ? 'allowed' : 'refused'
        return stepOf({ ...around, hostId: params.hostId, reboot }, row)
      })
    },
    lookAgain: (json) => scannedIfItCan(around.inventory, table.params(json).hostId),
    ...(onSucceeded && { onSucceeded: (end) => onSucceeded(paramsOf(end), end) }),
    ...(onUndone && { onUndone: (end) => onUndone(paramsOf(end), end) }),
    ...(onStuck && { onStuck: (end) => onStuck(paramsOf(end), end) }),
    ...(onRetried && { onRetried: (end) => onRetried(paramsOf(end), end) }),
  }
}

type AroundRow = Surroundings & Pick<Turn, 'reboot'> & { readonly hostId: string }

function stepOf(around: AroundRow, row: Row): Step<StoreWrite> {
  const { name, commit, locks, guard: check, run, undo } = row
  const inTurn = (act: Row['run']) => (context: StepContext) =>
    orBlocked<StepResult<StoreWrite>>(async () => ({
      result: 'done',
      ...(await act(turnOf(around, context))),
    }))
  return {
    name,
    ...(commit && { commit }),
    locks,
    ...(check && {
      guard: (context) =>
        orBlocked<GuardResult>(async () => {
          await check(turnOf(around, context))
          return { result: 'passed' }
        }),
    }),
    run: inTurn(run),
    ...(undo && { undo: inTurn(undo) }),
  }
}

async function orBlocked<Result>(doing: () => Promise<Result>): Promise<Result | Blocked> {
  try {
    return await doing()
  } catch (error) {
    if (error instanceof HostBlocked) return { result: 'blocked', report: error.report }
    throw error
  }
}

function turnOf(around: AroundRow, context: StepContext): Turn {
  const { hosts, store, inventory, clock, deadlineMs, hostId, reboot } = around
  const { operationId, step, fence, actor, tenant, outputs, progress, reported } = context
  return {
    ask: asker(hosts, hostId),
    apply: applier(hosts, hostId, { operationId, step, fence, deadlineMs }),
    store,
    inventory,
    at: isoTime(clock.nowMs()),
    operationId,
    actor,
    tenant,
    outputs,
    reboot,
    progress,
    reported,
  }
}

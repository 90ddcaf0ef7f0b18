/** In which states what may be asked for: one table for the refusal, the API's 409 and the dashboard's buttons. */
import { ControlPlaneError } from '../errors.ts'
import { goesBack } from '../saga/operation-run.ts'
import { isTerminal, type OperationRecord } from '../saga/operation.ts'
import type {
  AssignmentRow,
  AssignmentState,
  ControllerRow,
  VirtualFunctionRow,
} from '../store/rows.ts'
import type { Store } from '../store/store.ts'

/** How a controller is used, as far as a request depends on it. */
export type ControllerUse =
  | 'available'
  /** Some of its VFs are provisioned. */
  | 'divided'
  /** The host's driver does not have it. */
  | 'unbound'
  | 'assigned'
  | 'quarantined'
  /** Another function claims its identity. */
  | 'ambiguous'
  | 'gone'

export type VirtualFunctionUse =
  | 'pool'
  /** Somebody else brought it online. */
  | 'foreign'
  | 'provisioned'
  /** Provisioned, but VFs are not enabled any more. */
  | 'disabled'
  | 'assigned'
  | 'quarantined'
  /** Another function claims its primary's identity: whose VF it is cannot be told. */
  | 'ambiguous'
  /** Quarantined, since retiring it failed: what is left of it is known when it is retired again. */
  | 'half-retired'
  | 'gone'

export type AssignmentUse =
  | AssignmentState
  /** The operation that had it ended, and said nothing of it: this nvirt has no code for that operation. */
  | 'abandoned'

export type OperationUse =
  | OperationRecord['state']
  /** Its commit step has begun, so it only goes forward; and it has not ended. */
  | 'committed'

export const ALLOWED_FROM = {
  provision: ['available', 'divided'],
  declareVirtualFunctions: ['available', 'divided'],
  resizePrimary: ['available'],
  heal: ['drifting'],
  adopt: ['foreign'],
  retire: ['provisioned', 'disabled', 'half-retired'],
  assignController: ['available', 'unbound'],
  assignVirtualFunction: ['provisioned'],
  release: ['ready', 'restoring', 'lost', 'quarantined'],
  releaseUncleaned: ['ready', 'restoring', 'lost', 'quarantined', 'abandoned'],
  cancel: ['waiting', 'running', 'blocked'],
  retry: ['stuck'],
} as const satisfies Record<string, readonly Use[]>

/** Of a function, whatever its use: whether nvirt can bring it to what is desired. */
export type DriftUse = 'drifting' | 'as-desired' | 'beyond-healing'

type Use = ControllerUse | VirtualFunctionUse | AssignmentUse | OperationUse | DriftUse

export type Request = keyof typeof ALLOWED_FROM

export function useOfController({ read }: Store, row: ControllerRow): ControllerUse {
  if (!row.present) return 'gone'
  if (row.ambiguous) return 'ambiguous'
  const assignment = read.standingAssignment(row.id)
  if (assignment) return assignedOrQuarantined(assignment)
  const isDivided = read
    .inventoryOf(row.hostId)
    .virtualFunctions.some((vf) => vf.controllerId === row.id && vf.provisioned !== null)
  if (isDivided) return 'divided'
  return row.observation.binding?.driver === 'nvme' ? 'available' : 'unbound'
}

export function useOfVirtualFunction(
  { read }: Store,
  row: VirtualFunctionRow
): VirtualFunctionUse {
  const assignment = read.standingAssignment(row.id)
  if (assignment) return assignedOrQuarantined(assignment)
  if (row.provisioned === null) return 'pool'
  const primary = read.controller(row.controllerId)
  if (primary?.present !== true) return 'gone'
  if (primary.ambiguous) return 'ambiguous'
  if (row.provisioned.quarantine !== undefined) return 'half-retired'
  return row.address === null ? 'disabled' : 'provisioned'
}

/** Told from the pool only where it matters: whoever made it, nvirt gives it to nobody. */
export function useOfUnprovisioned(
  store: Store,
  row: VirtualFunctionRow
): VirtualFunctionUse {
  const use = useOfVirtualFunction(store, row)
  if (use !== 'pool' || row.secondaryState === 'offline') return use
  const primary = store.read.controller(row.controllerId)
  if (primary?.present !== true || row.address === null) return 'gone'
  return primary.ambiguous ? 'ambiguous' : 'foreign'
}

function assignedOrQuarantined({ state }: AssignmentRow): 'assigned' | 'quarantined' {
  return state === 'quarantined' ? 'quarantined' : 'assigned'
}

/** States that an operation leaves in the transaction in which it ends. */
const IN_AN_OPERATION: readonly AssignmentState[] = [
  'requested',
  'preparing',
  'releasing',
  'cleaning',
]

export function useOfAssignment({ read }: Store, row: AssignmentRow): AssignmentUse {
  if (!IN_AN_OPERATION.includes(row.state)) return row.state
  const operation = read.operation(null, row.operationId)
  return operation && !isTerminal(operation.state) ? row.state : 'abandoned'
}

/** One that goes back is `undoing`, whatever it waits for. */
export function useOfOperation(record: OperationRecord): OperationUse {
  if (isTerminal(record.state)) return record.state
  if (record.committed) return 'committed'
  return goesBack(record) ? 'undoing' : record.state
}

/** What may be asked of it now. */
export function allowedOf(record: OperationRecord): readonly ('cancel' | 'retry')[] {
  const use: string = useOfOperation(record)
  const isAllowed = (request: Request) =>
    (ALLOWED_FROM[request] as readonly string[]).includes(use)
  return (['cancel', 'retry'] as const).filter(isAllowed)
}

/** @throws ControlPlaneError wrong-state */
export function requireState(
  request: Request,
  resource: string,
  id: string,
  state: Use,
  remedy?: string
): void {
  const allowedFrom: readonly string[] = ALLOWED_FROM[request]
  if (allowedFrom.includes(state)) return
  throw new ControlPlaneError(`${request}: ${resource} ${id} is ${state}`, {
    kind: 'wrong-state',
    resource,
    id,
    state,
    allowedFrom,
    ...(remedy !== undefined && { remedy }),
  })
}

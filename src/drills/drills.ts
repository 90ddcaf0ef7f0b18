/** The face of drills. `createDrills` (service.ts) makes one. */
import type { Caller } from '../access/caller.ts'
import type {
  CallKind,
  CallMatch,
  FaultDescription,
  FaultKind,
  HangingCalls,
  MachineEvent,
} from '../host/drills.ts'
import type { Page, PageRequest } from '../store/store.ts'

export { CALL_KINDS } from '../host/drills.ts'
export type { CallKind, CallMatch, FaultDescription, FaultKind, HangingCalls, MachineEvent }

export interface DrillService {
  /**
   * Arms a fault, or lets an event happen. With a key once: the same key and request give the same answer.
   *
   * @throws ControlPlaneError forbidden, not-found, host-away, invalid; wrong-state for a host that is real or a function
   * to which that cannot happen
   */
  start: (
    caller: Caller,
    hostId: string,
    request: DrillRequest,
    key?: IdempotencyKey
  ) => Promise<DrillView>
  /** Faults that were armed and not taken back. @throws ControlPlaneError as `start` */
  armed: (caller: Caller, hostId: string, page: PageRequest) => Promise<Page<DrillView>>
  /** Takes a fault back; calls that hang in it come back. @throws ControlPlaneError as `start` */
  takeBack: (
    caller: Caller,
    hostId: string,
    drillId: string,
    hanging: HangingCalls
  ) => Promise<DrillView>
}

/** As of requests that start operations. */
export type IdempotencyKey = { readonly key: string; readonly requestHash: string }

/** Exactly one of the two. */
export type DrillRequest = {
  readonly fault?: FaultDescription
  readonly event?: MachineEvent
}

export type DrillView = {
  /** null: an event, which is over. */
  readonly id: string | null
  readonly hostId: string
  readonly fault: FaultDescription | null
  readonly event: MachineEvent | null
  /** Calls that the fault has spoiled. */
  readonly struck: number
  /** Calls that hang in it now. */
  readonly hanging: number
  /** Nothing more will come of it. */
  readonly over: boolean
}

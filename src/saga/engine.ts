/** The engine's face. `createEngine` lives in run-engine.ts. */
import type { OperationRecord, PersonalRequest } from './operation.ts'
import type { Json } from './workflow.ts'

/** An operation's state may not be the one for it any more. `writes` go into the transaction of the wish. */
type Ask<W> = (
  id: string,
  request: PersonalRequest,
  writes: readonly W[]
) => Promise<OperationRecord>

export interface Engine<W> {
  /** Durable when resolved; the first step has not necessarily begun. `writes` go into the creating transaction. */
  start: (operation: StartOperation, writes: readonly W[]) => Promise<OperationRecord>
  /** Takes over every open operation whose lease allows it. Their locks are taken before this resolves. */
  resume: () => Promise<readonly string[]>
  /**
   * Durable when resolved: before its commit step an operation is undone, even should this process die now. What it waits
   * for is left at once, what it does is let end.
   *
   * @throws {NotNow} when it is committed or has ended; what the log throws
   */
  cancel: Ask<W>
  /**
   * Durable when resolved: one that is stuck goes on from where it stuck, with as many attempts as at first.
   *
   * @throws {NotNow} when it is not stuck; {CannotRun} when no code knows it; what the log throws
   */
  retry: Ask<W>
  /** Resolves when the operation has ended, or after `timeoutMs`, with the record as it then is. */
  wait: (id: string, timeoutMs: number) => Promise<OperationRecord | undefined>
  get: (id: string) => Promise<OperationRecord | undefined>
  /** Operations that run here, and the locks that each holds or waits for. */
  running: () => readonly { readonly id: string; readonly locks: readonly string[] }[]
  /** Starts no further step; resolves when none is in flight but blocked ones. Open operations stay open for the next start. */
  stop: () => Promise<void>
  /** Called after each durable change of an operation. */
  onChange: (listener: (record: OperationRecord) => void) => () => void
}

export type StartOperation = {
  /** UUIDv7. */
  readonly id: string
  readonly workflow: string
  readonly params: Json
  readonly actor: string
  readonly tenant: string
}

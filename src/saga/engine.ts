/** The engine's face. `createEngine` lives in run-engine.ts. */
import type { OperationRecord } from './operation.ts'
import type { Json } from './workflow.ts'

export interface Engine<W> {
  /** Durable when resolved; the first step has not necessarily begun. `writes` go into the creating transaction. */
  start: (operation: StartOperation, writes: readonly W[]) => Promise<OperationRecord>
  /** Takes over every open operation whose lease allows it. Their locks are taken before this resolves. */
  resume: () => Promise<readonly string[]>
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

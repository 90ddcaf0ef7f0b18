/**
 * Durable steps with undo. This room knows nothing of NVMe, hosts or the database: `W` is whatever else is to be
 * written in the transaction of a step's record.
 *
 * Rules (../workflows/README.md has each workflow's table): the intent of a step is on disk before it runs; a step
 * observes or changes, and run twice leaves the world as run once; its guard is asked each time before it runs, since
 * days may lie between a step that looked and the one that writes; a failed step that had begun is undone too; what a later step
 * needs is the logged output of an earlier one; before the commit step a failure is undone, from it on the operation
 * only goes forward; an undo that fails for good leaves the operation stuck, everything else undone.
 */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined }

export type WorkflowDefinition<W> = {
  readonly name: string
  /** Stored with each operation. One that no code knows is `stuck`, never guessed. */
  readonly version: number
  /** Pure: the same parameters give the same steps. @throws when the logged parameters do not have this version's shape. */
  readonly steps: (params: Json) => readonly Step<W>[]
  /** Held from the first step to the end: the function's IOMMU group. Waited for in order. */
  readonly locks: (params: Json) => readonly string[]
  /**
   * Before an operation that has begun ends undone or stuck, with its own locks still held (after a committed step that
   * failed, with that step's too): the last look at what its steps and their undo have come to. After a restart it may be
   * asked for again.
   *
   * @throws only for a bug, of which the operation is stuck
   */
  readonly lookAgain?: (params: Json) => Promise<void>
  /** Further writes of the transaction that ends the operation. */
  readonly onSucceeded?: (end: EndContext) => readonly W[]
  readonly onUndone?: (end: EndContext) => readonly W[]
  /** The operation gives up after its commit step, or an undo failed for good. */
  readonly onStuck?: (end: EndContext) => readonly W[]
  /** It is tried again: takes back what `onStuck` wrote. Further writes of the transaction that opens it again. */
  readonly onRetried?: (end: EndContext) => readonly W[]
}

export type Step<W> = {
  readonly name: string
  /** From this step's start on the operation only goes forward. At most one step of a workflow. */
  readonly commit?: boolean
  /** Held for this step only: the primary, while pool, VF count or attachments change. */
  readonly locks?: readonly string[]
  /**
   * May it run, as the world is now? Asked under the step's locks each time before `run`: after a wait, a failure, a
   * restart. Changes nothing. While it has never passed, the step has not begun, and is not undone.
   *
   * @throws what speaks against it: a failure of the step
   */
  readonly guard?: (context: StepContext) => Promise<GuardResult>
  /** @throws what went wrong; the engine undoes or retries. */
  readonly run: (context: StepContext) => Promise<StepResult<W>>
  /** Works from any point of `run`, and treats "already gone" as success. Absent: nothing to undo. */
  readonly undo?: (context: StepContext) => Promise<StepResult<W>>
}

/** How far a step is, which may take hours. */
export type StepProgress = {
  /** Of `total`, in `unit`: 0 to `total`. */
  readonly done: number
  readonly total: number
  readonly unit: string
  /** When it said so. */
  readonly at: string
}

export type StepContext = {
  readonly operationId: string
  readonly step: string
  readonly fence: number
  /** Logged outputs of the steps before this one, by name. In `undo` also this step's own, when it had finished. */
  readonly outputs: Readonly<Record<string, Json>>
  /** Caller who started the operation, for events. */
  readonly actor: string
  readonly tenant: string
  /**
   * Says how far it is, as often as it likes: at most every two seconds that becomes durable, and when the step ends. Says
   * nothing of what was done: run again, after a restart, the step may have done more than it had said.
   */
  readonly progress: (now: Omit<StepProgress, 'at'>) => void
  /** The last that it said when it was run before, for a step that can go on where it was; null: nothing. */
  readonly reported: StepProgress | null
}

export type StepResult<W> =
  | { readonly result: 'done'; readonly output?: Json; readonly writes?: readonly W[] }
  | Blocked

export type GuardResult = { readonly result: 'passed' } | Blocked

/** Not failed, not done: the engine shows it, and asks again until it is done or fails. */
export type Blocked = { readonly result: 'blocked'; readonly report: Json }

export type EndContext = {
  readonly operationId: string
  readonly params: Json
  readonly outputs: Readonly<Record<string, Json>>
  readonly error: OperationError | null
  readonly actor: string
  readonly tenant: string
  readonly at: string
}

/** What went wrong, as it is logged and shown. */
export type OperationError = {
  readonly step: string
  readonly message: string
  /** Messages of the chain of causes, outermost first. */
  readonly causes: readonly string[]
  /** The typed part of the error, where it has one (`failure`, `trouble`). */
  readonly detail: Json
}

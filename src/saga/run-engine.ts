/** The engine: starts operations, resumes those that a former process left, keeps their leases, and stops. */
import type { Clock } from '../clock.ts'
import { isoTime } from '../clock.ts'
import { createChangeListeners } from './change-listeners.ts'
import { endContext } from './end-context.ts'
import { createEnds } from './ends.ts'
import type { Engine, StartOperation } from './engine.ts'
import { interruptedStep } from './go-back.ts'
import { beginsAtOnce } from './go-forward.ts'
import { requestStepLocks } from './hold-locks.ts'
import { Journal } from './journal.ts'
import { Leaving } from './leaving.ts'
import type { LockRequest } from './locks.ts'
import { createLocks } from './locks.ts'
import type { SagaLog } from './log.ts'
import { Cancelled, NotNow, StaleFence } from './log.ts'
import { newOperation } from './new-operation.ts'
import type { OperationRecord, PersonalRequest } from './operation.ts'
import { toOperationError } from './operation-error.ts'
import type { OperationRun } from './operation-run.ts'
import { Stopped, endsRun, goesBack } from './operation-run.ts'
import type { RetryPolicy } from './retry-policy.ts'
import { DEFAULT_RETRY } from './retry-policy.ts'
import { applyEntry } from './apply-entry.ts'
import { CannotRun, retryEntry } from './retry-operation.ts'
import { end, runOperation } from './run-operation.ts'
import { takeOverOpen } from './take-over.ts'
import type { WorkflowDefinition } from './workflow.ts'
import type { Plan } from './workflow-book.ts'
import { createWorkflowBook } from './workflow-book.ts'

export type EngineOptions<W> = {
  readonly log: SagaLog<W>
  readonly workflows: readonly WorkflowDefinition<W>[]
  readonly clock: Clock
  /** This process: no other has, or has had, the same. */
  readonly owner: string
  readonly retry?: Partial<RetryPolicy>
  /** How long nobody else may take over an operation of a process that has gone silent. Renewed every third. */
  readonly leaseMs?: number
  /** The former owner is known to be dead, by the lock of the data folder: its leases need not run out. */
  readonly takeOverAll?: boolean
  /** Told of bugs: nothing that is wrong with one operation, or with who listens to it, ends the process. */
  readonly onTrouble?: (doing: string, error: unknown) => void
}

type Running<W> = {
  readonly run: OperationRun<W>
  finished: Promise<void>
}

/** The run ends where it stands. */
function leave<W>({ run }: Running<W>): void {
  const stopped = new Stopped()
  run.leaving.abort(stopped)
  run.forward.abort(stopped)
}

/** Between two looks at operations of another owner, at least. */
const RESUME_DELAY_MS = 1_000

export function createEngine<W>(options: EngineOptions<W>): Engine<W> {
  const { log, clock, owner, leaseMs = 30_000, takeOverAll = false } = options
  const policy = { ...DEFAULT_RETRY, ...options.retry }
  const book = createWorkflowBook(options.workflows)
  const locks = createLocks()
  const running = new Map<string, Running<W>>()
  const trouble = options.onTrouble ?? (() => {})
  const changes = createChangeListeners((error) =>
    trouble('telling of an operation', error)
  )
  const ends = createEnds({ clock, get })
  const stopping = new Leaving()
  const cancelRenewal = clock.every(leaseMs / 3, renewLeases)
  let cancelResume = () => {}
  const conductor = { giveUp, over: ({ id }: OperationRun<W>) => void running.delete(id) }
  const journaling = { log, clock, leaseMs, retry: policy, onChange }

  async function start(
    operation: StartOperation,
    writes: readonly W[]
  ): Promise<OperationRecord> {
    stopping.throwIfAborted()
    const plan = book.plan(operation.workflow, operation.params)
    // The place in the queue is that of the call, not of the disk.
    const request = locks.request(operation.id, 'operation', plan.locks)
    const now = clock.nowMs()
    const waitsFor = request.waitsFor()
    const begun = waitsFor.length === 0 && beginsAtOnce(plan.steps[0])
    const record = newOperation(operation, plan, {
      waitsFor,
      begun,
      owner,
      leaseUntilMs: now + leaseMs,
      at: isoTime(now),
    })
    try {
      await log.create(record, writes)
    } catch (error) {
      request.release()
      throw error
    }
    changes.tell(record)
    const entry = prepare(record, plan, request)
    if (begun) entry.run.intended = 0
    begin(entry)
    return record
  }

  function prepare(record: OperationRecord, plan: Plan<W>, operationLocks: LockRequest) {
    const leaving = new Leaving()
    const forward = new Leaving()
    const { definition, steps } = plan
    const { id, cancelRequest, committed } = record
    if (cancelRequest && !committed) forward.abort(new Cancelled(cancelRequest))
    const journal = journalOf(record, leaving)
    const run: OperationRun<W> = {
      id,
      definition,
      steps,
      journal,
      locks,
      operationLocks,
      clock,
      retry: policy,
      leaving,
      forward,
      stepLocks: undefined,
      blocked: false,
      intended: undefined,
    }
    const entry: Running<W> = { run, finished: Promise.resolve() }
    running.set(id, entry)
    return entry
  }

  function journalOf(record: OperationRecord, leaving: Leaving): Journal<W> {
    return new Journal(record, leaving, journaling)
  }

  function onChange(changed: OperationRecord): void {
    changes.tell(changed)
    ends.tell(changed)
  }

  function begin(entry: Running<W>): void {
    if (stopping.aborted) leave(entry)
    entry.finished = runOperation(entry.run, conductor)
  }

  /** A bug, in here or in what the workflow adds to its end: nobody can say what it left, so a person must look. */
  async function giveUp(run: OperationRun<W>, error: unknown): Promise<void> {
    trouble(`running operation ${run.id}`, error)
    try {
      await end(run, 'stuck', toOperationError('engine', error))
    } catch (thrown) {
      if (!endsRun(thrown)) trouble(`recording why ${run.id} was given up`, thrown)
    }
  }

  async function cancel(
    id: string,
    request: PersonalRequest,
    writes: readonly W[]
  ): Promise<OperationRecord> {
    const entry = running.get(id)
    if (!entry) return cancelElsewhere(id, request, writes)
    const { journal } = entry.run
    await journal.appendOnce({ cancelRequest: request }, writes)
    entry.run.forward.abort(new Cancelled(request))
    return journal.record
  }

  /** Whoever takes it over, or has it, finds the wish in the log. */
  async function cancelElsewhere(
    id: string,
    request: PersonalRequest,
    writes: readonly W[]
  ): Promise<OperationRecord> {
    const record = await log.load(id)
    if (!record) throw new NotNow(id)
    const { fence } = record
    const entry = { operationId: id, fence, at: request.at, cancelRequest: request }
    await log.append(entry, writes)
    const after = applyEntry(record, entry)
    changes.tell(after)
    return after
  }

  async function retry(
    id: string,
    request: PersonalRequest,
    writes: readonly W[]
  ): Promise<OperationRecord> {
    stopping.throwIfAborted()
    const record = await log.load(id)
    if (record?.state !== 'stuck' || running.has(id)) throw new NotNow(id)
    const plan = planToRetry(record)
    const leaseUntilMs = clock.nowMs() + leaseMs
    const entry = retryEntry(record, { request, owner, leaseUntilMs })
    const reopened = applyEntry(record, entry)
    const context = endContext(reopened, record.error, request.at)
    const own = plan.definition.onRetried?.(context) ?? []
    await log.append(entry, [...own, ...writes])
    changes.tell(reopened)
    begin(prepare(reopened, plan, locks.request(id, 'operation', plan.locks)))
    return reopened
  }

  function planToRetry(record: OperationRecord): Plan<W> {
    try {
      return book.planOf(record)
    } catch (thrown) {
      const cause = thrown instanceof Error ? thrown : new Error('no plan for it')
      throw new CannotRun(record.id, cause)
    }
  }

  async function resume(): Promise<readonly string[]> {
    const { taken, runnable, nextLeaseMs } = await takeOverOpen(
      {
        log,
        book,
        clock,
        owner,
        leaseMs,
        takeOverAll,
        journalOf: (record) => journalOf(record, stopping),
      },
      (id) => running.has(id)
    )
    const entries = runnable.map(({ record, plan }) =>
      prepare(record, plan, locks.request(record.id, 'operation', plan.locks))
    )
    for (const { run } of entries) {
      const index = interruptedStep(run, goesBack(run.journal.record))
      // Who waits for an operation's lock must not wait for, or hold, a step's: see locks.ts.
      if (index !== undefined && run.operationLocks.isHeld()) requestStepLocks(run, index)
    }
    for (const entry of entries) begin(entry)
    resumeLater(nextLeaseMs)
    return taken.map(({ id }) => id)
  }

  function resumeLater(leaseUntilMs: number | undefined): void {
    cancelResume()
    if (leaseUntilMs === undefined || stopping.aborted) return
    const delayMs = Math.max(RESUME_DELAY_MS, leaseUntilMs - clock.nowMs())
    cancelResume = clock.after(delayMs, () => {
      resume().catch(() => resumeLater(leaseUntilMs))
    })
  }

  function renewLeases(): void {
    for (const entry of running.values()) {
      entry.run.journal.renew().catch((error: unknown) => {
        // Any other failure is tried again in a third of the lease, and the fence guards what happens meanwhile.
        if (error instanceof StaleFence) leave(entry)
      })
    }
  }

  async function get(id: string): Promise<OperationRecord | undefined> {
    return running.get(id)?.run.journal.record ?? (await log.load(id))
  }

  async function stop(): Promise<void> {
    stopping.abort(new Stopped())
    ends.stop()
    cancelRenewal()
    cancelResume()
    const left = [...running.values()]
    for (const entry of left) leave(entry)
    await Promise.all(
      left.filter(({ run }) => !run.blocked).map(({ finished }) => finished)
    )
  }

  return {
    start,
    resume,
    cancel,
    retry,
    wait: ends.wait,
    get,
    running: () => [...running.keys()].map((id) => ({ id, locks: locks.of(id) })),
    stop,
    onChange: changes.add,
  }
}

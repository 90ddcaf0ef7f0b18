/** One attempt at a step: its guard, its intent and its run, as often as it is blocked. */
import type { StepEntry } from './log.ts'
import { contextOf, type OperationRun } from './operation-run.ts'
import { StepReporter } from './step-progress.ts'
import { untilUnblocked, type Done } from './until-unblocked.ts'
import type { Blocked, Step, StepContext, StepResult } from './workflow.ts'

export class StepAttempt<W> {
  readonly reporter: StepReporter<W>
  private readonly run: OperationRun<W>
  private readonly index: number
  private readonly step: Step<W>
  private isIntended = false

  constructor(run: OperationRun<W>, index: number, step: Step<W>) {
    this.reporter = new StepReporter(run, index)
    this.run = run
    this.index = index
    this.step = step
  }

  /** @param blocked as the first look found it. @throws what the step throws; the reason to leave */
  untilDone(blocked: Blocked): Promise<Done<W>> {
    return untilUnblocked(this.run, this.run.forward, blocked, () => this.look())
  }

  /**
   * The guard stands next to the run, so that a restart, or hours of waiting for a lock, cannot come between them. Until it
   * has passed the step is not begun: there is nothing of it to undo.
   */
  look(): Promise<StepResult<W>> {
    this.run.forward.throwIfAborted()
    const context = contextOf(this.run, this.index, false, this.reporter)
    const guarded = this.step.guard?.(context)
    if (guarded === undefined) return this.begin(context)
    return guarded.then((asked) =>
      asked.result === 'blocked' ? asked : this.begin(context)
    )
  }

  private begin(context: StepContext): Promise<StepResult<W>> {
    if (this.isIntended) return this.step.run(context)
    this.isIntended = true
    const intending = intend(this.run, this.index, this.step)
    return intending === undefined
      ? this.step.run(context)
      : intending.then(() => this.step.run(context))
  }
}

/** @returns undefined: it is durable already */
function intend<W>(
  run: OperationRun<W>,
  index: number,
  step: Step<W>
): Promise<void> | undefined {
  run.forward.throwIfAborted()
  run.blocked = false // by the guard: from here on a stop waits for what is begun
  if (run.intended === index) {
    run.intended = undefined
    return undefined
  }
  return run.journal.append({
    state: 'running',
    waitsFor: [],
    blocked: null,
    ...(step.commit ? { committed: true } : {}),
    step: intentOf(run, index),
  })
}

export function intentOf<W>({ journal }: OperationRun<W>, index: number): StepEntry {
  const before = journal.record.steps[index]
  return {
    index,
    state: 'running',
    attempts: (before?.attempts ?? 0) + 1,
    startedAt: before?.startedAt ?? journal.at(),
  }
}

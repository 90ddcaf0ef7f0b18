/** What a step says of how far it is, on its way to the log: the newest counts, at a bounded rate. */
import type { OperationRun } from './operation-run.ts'
import type { StepContext, StepProgress } from './workflow.ts'

/** Between two durable ones, at least. */
export const PROGRESS_MS = 2_000

/** Of one attempt at a step. Most steps say nothing, and cost nothing then. */
export class StepReporter<W> {
  private readonly run: OperationRun<W>
  private readonly index: number
  private log: ProgressLog | undefined
  private isOver = false

  constructor(run: OperationRun<W>, index: number) {
    this.run = run
    this.index = index
  }

  report(now: Omit<StepProgress, 'at'>): void {
    if (!this.isOver) (this.log ??= createProgressLog(this.run, this.index)).say(now)
  }

  /** The step has failed or is done: makes the last durable. undefined: it had said nothing. @throws what the journal throws */
  flush(): Promise<void> | undefined {
    this.close()
    return this.log?.flush()
  }

  /** Nothing more is written. */
  close(): void {
    this.isOver = true
    this.log?.close()
  }
}

type ProgressLog = {
  readonly say: StepContext['progress']
  /** After `close`. */
  readonly flush: () => Promise<void>
  readonly close: () => void
}

function createProgressLog<W>(
  { journal, clock }: OperationRun<W>,
  index: number
): ProgressLog {
  let latest: StepProgress | undefined
  let writing: Promise<void> | undefined
  let isOver = false
  let cancel: (() => void) | undefined

  async function write(): Promise<void> {
    const progress = latest
    latest = undefined
    if (progress) await journal.append({ step: { index, progress } })
  }

  /** That the operation is not ours any more the step hears from what it logs next. */
  function writeLater(): void {
    if (latest === undefined || writing || cancel || isOver) return
    writing = write()
      .catch(() => {})
      .finally(() => {
        writing = undefined
        if (!isOver) cancel = clock.after(PROGRESS_MS, again)
      })
  }

  function again(): void {
    cancel = undefined
    writeLater()
  }

  return {
    say: (now) => {
      latest = { ...now, at: journal.at() }
      writeLater()
    },
    flush: async () => {
      await writing
      await write()
    },
    close: () => {
      isOver = true
      cancel?.()
    },
  }
}

/** What a step says of how far it is, on its way to the log: the newest counts, at a bounded rate. */
import type { OperationRun } from './operation-run.ts'
import type { StepContext, StepProgress } from './workflow.ts'

/** Between two durable ones, at least. */
export const PROGRESS_MS = 2_000

export interface StepReporter {
  readonly report: StepContext['progress']
  /** The step has failed or is done: makes the last durable. @throws what the journal throws */
  readonly flush: () => Promise<void>
  /** Nothing more is written. */
  readonly close: () => void
}

export function createReporter<W>(
  { journal, clock }: OperationRun<W>,
  index: number
): StepReporter {
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

  function close(): void {
    isOver = true
    cancel?.()
  }

  return {
    report: (now) => {
      if (isOver) return
      latest = { ...now, at: journal.now() }
      writeLater()
    },
    flush: async () => {
      close()
      await writing
      await write()
    },
    close,
  }
}

/** A step that is blocked is asked again until it is done or fails. What it waits for is recorded when it changes. */
import type { Leaving } from './leaving.ts'
import type { OperationRun } from './operation-run.ts'
import type { Blocked, Json, StepResult } from './workflow.ts'

export type Done<W> = Extract<StepResult<W>, { readonly result: 'done' }>

/**
 * @param first what it was blocked by when it was looked at first
 * @param leave ends the waiting between two looks; a look that is in flight is let end
 * @throws what the step throws; the reason to leave
 */
export async function untilUnblocked<W>(
  run: OperationRun<W>,
  leave: Leaving,
  first: Blocked,
  look: () => Promise<StepResult<W>>
): Promise<Done<W>> {
  try {
    for (let result: StepResult<W> = first; ; result = await look()) {
      // What a blocked step answers after the stop is nobody's: the log may be closed, and the next start asks again.
      if (run.blocked) run.leaving.throwIfAborted()
      if (result.result === 'done') return result
      await show(run, result.report)
      run.blocked = true
      await run.clock.sleep(run.retry.blockedDelayMs, leave.signal)
    }
  } catch (error) {
    if (run.blocked) run.leaving.throwIfAborted()
    throw error
  } finally {
    run.blocked = false
  }
}

async function show<W>(run: OperationRun<W>, report: Json): Promise<void> {
  const { state, blocked } = run.journal.record
  if (state === 'blocked' && JSON.stringify(blocked) === JSON.stringify(report)) return
  await run.journal.append({ state: 'blocked', blocked: report, waitsFor: [] })
}

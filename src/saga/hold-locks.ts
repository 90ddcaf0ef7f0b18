/** Waiting for locks, in order, and saying for whom. */
import { unlessLeft, type Leaving } from './leaving.ts'
import type { LockRequest } from './locks.ts'
import type { OperationRun } from './operation-run.ts'
import { goesBack, hasBegun } from './operation-run.ts'
import type { Step } from './workflow.ts'

/**
 * @returns undefined: nobody is ahead
 * @throws the reason of the signal; {Cancelled} when nothing has begun, so that there is nothing to undo under them
 */
export function holdOperationLocks<W>(run: OperationRun<W>): Promise<void> | undefined {
  const leave = hasBegun(run.journal.record) ? run.leaving : run.forward
  return untilHeld(run, run.operationLocks, leave)
}

/** Those that are already held for this step, after its failure or a restart, stay held. */
export async function holdStepLocks<W>(
  run: OperationRun<W>,
  index: number,
  leave: Leaving
): Promise<void> {
  if (run.stepLocks?.index !== index) requestStepLocks(run, index)
  const held = run.stepLocks && untilHeld(run, run.stepLocks.request, leave)
  if (held) await held
}

/** Without locks it waits for nobody. */
export function needsLocks<W>({ locks }: Step<W>): boolean {
  return locks !== undefined && locks.length > 0
}

/** Takes its place in the queue, without waiting. */
export function requestStepLocks<W>(run: OperationRun<W>, index: number): void {
  releaseStepLocks(run)
  const names = run.steps[index]?.locks ?? []
  run.stepLocks = { index, request: run.locks.request(run.id, 'step', names) }
}

export function releaseStepLocks<W>(run: OperationRun<W>): void {
  run.stepLocks?.request.release()
  run.stepLocks = undefined
}

/** @returns undefined: they are */
function untilHeld<W>(
  run: OperationRun<W>,
  request: LockRequest,
  leave: Leaving
): Promise<void> | undefined {
  leave.throwIfAborted()
  return request.isHeld() ? undefined : waitForOthers(run, request, leave)
}

async function waitForOthers<W>(
  run: OperationRun<W>,
  request: LockRequest,
  leave: Leaving
): Promise<void> {
  const state = goesBack(run.journal.record) ? 'undoing' : 'waiting'
  for (;;) {
    leave.throwIfAborted()
    const moved = request.moved() // before looking: who goes while we record must not be missed
    const waitsFor = request.waitsFor()
    if (waitsFor.length === 0) return
    if (!sameIds(waitsFor, run.journal.record.waitsFor)) {
      await run.journal.append({ state, waitsFor })
    }
    await unlessLeft(moved, leave)
  }
}

function sameIds(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index])
}

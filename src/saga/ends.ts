/** Who waits for the end of an operation. Kept by operation, so that each change of another costs them nothing. */
import type { Clock } from '../clock.ts'
import type { OperationRecord } from './operation.ts'
import { isTerminal } from './operation.ts'

export interface Ends {
  readonly tell: (record: OperationRecord) => void
  /** The engine stops: whoever waits, or begins to, is answered with what there is. */
  readonly stop: () => void
  /** The record once it has ended, or as it is when the time is over. */
  readonly wait: (id: string, timeoutMs: number) => Promise<OperationRecord | undefined>
}

export type EndsOptions = {
  readonly clock: Clock
  readonly get: (id: string) => Promise<OperationRecord | undefined>
}

/** With what was found already, or with what there is now. */
type Answer = (found?: Promise<OperationRecord | undefined>) => void

export function createEnds({ clock, get }: EndsOptions): Ends {
  const waiting = new Map<string, Answer[]>()
  let stopped = false

  function listen(id: string, answer: Answer): void {
    const others = waiting.get(id)
    if (others) others.push(answer)
    else waiting.set(id, [answer])
  }

  function forget(id: string, answer: Answer): void {
    const others = waiting.get(id)?.filter((other) => other !== answer) ?? []
    if (others.length > 0) waiting.set(id, others)
    else waiting.delete(id)
  }

  /** They are taken out first, so that none has to look for itself among the others. */
  function answerAll(id: string): void {
    const answers = waiting.get(id) ?? []
    waiting.delete(id)
    for (const answer of answers) answer()
  }

  function isOver(now: OperationRecord | undefined): boolean {
    return now === undefined || isTerminal(now.state) || stopped
  }

  /** Of few objects, since they are alive as long as what is waited for. */
  function wait(id: string, timeoutMs: number): Promise<OperationRecord | undefined> {
    return new Promise((resolve) => {
      const answer: Answer = (found = get(id)) => {
        forget(id, answer)
        cancel()
        resolve(found)
      }
      // Listening comes first: an end between the look and the wait must not be missed.
      listen(id, answer)
      const cancel = clock.after(timeoutMs, () => answer())
      const found = get(id)
      found.then(
        (now) => {
          if (isOver(now)) answer(found)
        },
        () => answer(found)
      )
    })
  }

  return {
    wait,
    tell: ({ id, state }) => {
      if (isTerminal(state)) answerAll(id)
    },
    stop: () => {
      stopped = true
      for (const id of waiting.keys()) answerAll(id)
    },
  }
}

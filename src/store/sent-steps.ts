/**
 * Operations' steps on their way to the writer, which keeps the text of each: of many steps an entry changes one or two, and
 * what is kept here as long as its operation costs the collector of garbage more than all else of an entry.
 */
import type { StepRecord } from '../saga/operation.ts'
import { stepText } from './operation-columns.ts'
import type { Wire } from './wire-writes.ts'

/** In the place of a number of steps: they stay as they are, or only some of them are said. */
export const STEPS = { stay: -1, change: -2 } as const

export interface SentSteps {
  /** Adds what the writer has not been sent: their number and all of them, or `change`, how many, and each with its index. */
  readonly add: (wire: Wire, operationId: string, steps: readonly StepRecord[]) => void
  /** It has ended; or what was sent may not have been written: all of them are sent the next time. */
  readonly forget: (operationId: string) => void
}

export function sentSteps(): SentSteps {
  const sent = new Map<string, readonly StepRecord[]>()
  return {
    add: (wire, id, steps) => {
      const before = sent.get(id)
      if (before?.length === steps.length) addChanges(wire, before, steps)
      else addAll(wire, steps)
      sent.set(id, steps)
    },
    forget: (id) => void sent.delete(id),
  }
}

function addAll(wire: Wire, steps: readonly StepRecord[]): void {
  wire.push(steps.length)
  for (const step of steps) wire.push(stepText(step))
}

/** A step is never changed in place: the same one has the same text. */
function addChanges(
  wire: Wire,
  before: readonly StepRecord[],
  steps: readonly StepRecord[]
): void {
  const counted = wire.push(STEPS.change, 0) - 1
  let count = 0
  for (let index = 0; index < steps.length; index++) {
    const step = steps[index]! // within its length
    if (before[index] === step) continue
    wire.push(index, stepText(step))
    count++
  }
  wire[counted] = count
}

/** The writer's side: of each operation, its steps' texts. */
export class KeptSteps {
  private readonly texts = new Map<string, string[]>()

  /** All of them, in order. @returns as their column has them */
  put(operationId: string, texts: string[]): string {
    this.texts.set(operationId, texts)
    return columnOf(texts)
  }

  /** @throws Error when it was never sent all of them */
  of(operationId: string): string[] {
    const texts = this.texts.get(operationId)
    if (texts === undefined) throw new Error(`no steps of operation ${operationId}`)
    return texts
  }

  forget(operationId: string): void {
    this.texts.delete(operationId)
  }
}

/** Bytes that a step comes to in the end, mostly: its output is there only when it is done. */
const OF_STEP = 256
const ROUND = 512

/**
 * With room for what will come: a row that keeps its size is written in its place, where one that grows would split its page.
 * Source: SQLite src/btree.c, sqlite3BtreeInsert (btreeOverwriteCell).
 */
export function columnOf(texts: readonly string[]): string {
  const column = `[${texts.join(',')}]`
  const most = Math.max(column.length, texts.length * OF_STEP)
  return column.padEnd(ROUND * Math.ceil(most / ROUND))
}

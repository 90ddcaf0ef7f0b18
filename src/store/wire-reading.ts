/** The writer's side of `wire-writes.ts`. */
import type { LogEntry } from '../saga/log.ts'
import { isTerminal } from '../saga/operation.ts'
import { fromJsonText } from './json-column.ts'
import { OPERATION_COLUMNS } from './operation-columns.ts'
import { columnOf, type KeptSteps, STEPS } from './sent-steps.ts'
import type {
  PlainEntry,
  Wire,
  WireTransaction,
  WireValue,
  WireWrite,
} from './wire-writes.ts'
import { KIND } from './wire-writes.ts'

/**
 * In the order in which they were packed.
 *
 * @param kept steps that came in former messages
 */
export function unpackTransactions(
  wire: Wire,
  kept: KeptSteps
): readonly WireTransaction[] {
  const reader = new WireReader(wire, kept)
  const transactions: WireTransaction[] = []
  while (!reader.isOver()) {
    const id = reader.number()
    const writes: WireWrite[] = []
    for (let left = reader.number(); left > 0; left--) writes.push(unpackWrite(reader))
    transactions.push({ id, writes })
  }
  return transactions
}

function unpackWrite(reader: WireReader): WireWrite {
  const kind = reader.number()
  switch (kind) {
    case KIND.goOn:
      return unpackPlain('goOn', reader)
    case KIND.succeed:
      return unpackPlain('succeed', reader)
    case KIND.logEntry: {
      const entry = fromJsonText<LogEntry>(reader.text())
      const steps = reader.steps(entry.operationId)
      if (entry.state !== undefined && isTerminal(entry.state))
        reader.ended(entry.operationId)
      return { write: 'logEntry', entry, steps }
    }
    case KIND.insertOperation: {
      const values = reader.values(OPERATION_COLUMNS.length)
      const steps = reader.steps(String(values[0])) ?? '[]'
      return { write: 'insertOperation', values, steps }
    }
    case KIND.packedReconcile:
      return { write: 'packedReconcile', rows: reader.text() }
    case KIND.json:
      return fromJsonText<WireWrite>(reader.text())
    default:
      throw new Error(`no write is of the kind ${kind}`)
  }
}

function unpackPlain(write: PlainEntry['write'], reader: WireReader): PlainEntry {
  const id = reader.text()
  const [fence, at, leaseUntilMs] = [reader.number(), reader.text(), reader.number()]
  const steps = reader.steps(id) ?? '[]'
  if (write === 'succeed') reader.ended(id)
  return { write, id, fence, at, leaseUntilMs, steps }
}

/** What was packed, in order: in this process, so that its types are known. */
class WireReader {
  private at = 0
  private readonly wire: Wire
  private readonly kept: KeptSteps

  constructor(wire: Wire, kept: KeptSteps) {
    this.wire = wire
    this.kept = kept
  }

  isOver(): boolean {
    return this.at >= this.wire.length
  }

  text(): string {
    return this.wire[this.at++] as string
  }

  /** As their column has them; null: they stay. */
  steps(operationId: string): string | null {
    const count = this.number()
    if (count === STEPS.stay) return null
    if (count !== STEPS.change)
      return this.kept.put(operationId, this.values(count) as string[])
    const texts = this.kept.of(operationId)
    for (let left = this.number(); left > 0; left--) {
      const index = this.number()
      texts[index] = this.text()
    }
    return columnOf(texts)
  }

  /** No more comes of its steps alone. */
  ended(operationId: string): void {
    this.kept.forget(operationId)
  }

  number(): number {
    return this.wire[this.at++] as number
  }

  values(count: number): readonly WireValue[] {
    this.at += count
    return this.wire.slice(this.at - count, this.at)
  }
}

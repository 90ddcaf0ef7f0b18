/** The writer's side of `wire-writes.ts`. */
import type { LogEntry } from '../saga/log.ts'
import { fromJsonText } from './json-column.ts'
import { OPERATION_COLUMNS } from './operation-columns.ts'
import type {
  PlainEntry,
  Wire,
  WireTransaction,
  WireValue,
  WireWrite,
} from './wire-writes.ts'
import { KIND, UNCHANGED } from './wire-writes.ts'

/** In the order in which they were packed. */
export function unpackTransactions(wire: Wire): readonly WireTransaction[] {
  const reader = new WireReader(wire)
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
      return { write: 'logEntry', entry, steps: reader.steps() }
    }
    case KIND.insertOperation: {
      const values = reader.values(OPERATION_COLUMNS.length)
      return { write: 'insertOperation', values, steps: reader.steps() ?? '[]' }
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
  return {
    write,
    id: reader.text(),
    fence: reader.number(),
    at: reader.text(),
    leaseUntilMs: reader.number(),
    steps: reader.steps() ?? '[]',
  }
}

/** What was packed, in order: in this process, so that its types are known. */
class WireReader {
  private at = 0
  private readonly wire: Wire

  constructor(wire: Wire) {
    this.wire = wire
  }

  isOver(): boolean {
    return this.at >= this.wire.length
  }

  text(): string {
    return this.wire[this.at++] as string
  }

  /** As their column has them; null: they stay. */
  steps(): string | null {
    const count = this.number()
    if (count === UNCHANGED) return null
    let column = ''
    for (let nth = 0; nth < count; nth++)
      column += nth === 0 ? this.text() : `,${this.text()}`
    return `[${column}]`
  }

  number(): number {
    return this.wire[this.at++] as number
  }

  values(count: number): readonly WireValue[] {
    this.at += count
    return this.wire.slice(this.at - count, this.at)
  }
}

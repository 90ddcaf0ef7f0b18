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
import { KIND } from './wire-writes.ts'

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
      return { write: 'goOn', ...unpackPlain(reader) }
    case KIND.tell:
      return { write: 'tell', ...unpackPlain(reader) }
    case KIND.succeed: {
      const plain = unpackPlain(reader)
      const [at, leaseUntilMs] = [reader.text(), reader.number()]
      return { write: 'succeed', ...plain, at, leaseUntilMs }
    }
    case KIND.logEntry:
      return { write: 'logEntry', entry: fromJsonText<LogEntry>(reader.text()) }
    case KIND.insertOperation: {
      const [id, fence] = [reader.text(), reader.number()]
      const values = reader.values(OPERATION_COLUMNS.length)
      return { write: 'insertOperation', id, fence, values, steps: reader.text() }
    }
    case KIND.packedReconcile:
      return { write: 'packedReconcile', rows: reader.text() }
    case KIND.json:
      return fromJsonText<WireWrite>(reader.text())
    default:
      throw new Error(`no write is of the kind ${kind}`)
  }
}

function unpackPlain(reader: WireReader): Pick<PlainEntry, 'id' | 'fence' | 'entry'> {
  return { id: reader.text(), fence: reader.number(), entry: reader.text() }
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

  number(): number {
    return this.wire[this.at++] as number
  }

  values(count: number): readonly WireValue[] {
    this.at += count
    return this.wire.slice(this.at - count, this.at)
  }
}

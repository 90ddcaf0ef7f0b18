/** What the events tell, replayed: who had which function, and in which state each thing must be by now. */
import { isTerminal } from '../../../src/saga/operation.ts'
import type { EventRow } from '../../../src/store/rows.ts'
import type { StoreReader } from '../../../src/store/store.ts'

export type Told = {
  readonly heard: (event: EventRow) => void
  /** What must not be, in words. */
  readonly wrong: string[]
  /** Where rows say something else than the events. */
  readonly contradictions: (
    read: StoreReader,
    hostIds: readonly string[]
  ) => readonly string[]
}

const OF_ASSIGNMENT: Readonly<Record<string, string>> = {
  'assignment.ready': 'ready',
  'assignment.restored': 'ready',
  'assignment.failed': 'failed',
  'assignment.quarantined': 'quarantined',
  'assignment.lost': 'lost',
  'assignment.restoring': 'restoring',
  'assignment.released': 'released',
  'assignment.freed-uncleaned': 'released',
}

/** On the way from one to another: its operation is what tells. */
const UNTOLD: readonly string[] = ['requested', 'preparing', 'releasing', 'cleaning']

export function replay(): Told {
  const wrong: string[] = []
  const owners = new Map<string, string>()
  const assignments = new Map<string, string>()
  const operations = new Map<string, string>()
  const provisioned = new Set<string>()
  let last = 0

  function ofAssignment({ type, subject, detail }: EventRow, state: string): void {
    const functionId = String(detail['functionId'])
    assignments.set(subject.id, state)
    const owner = owners.get(functionId)
    if (state === 'released' || state === 'failed') {
      if (owner === subject.id) owners.delete(functionId)
      return
    }
    if (owner !== undefined && owner !== subject.id)
      wrong.push(`${functionId} belongs to ${owner}, and ${subject.id} is told ${type}`)
    owners.set(functionId, subject.id)
  }

  function ofOperation({ type, subject }: EventRow): void {
    const state = type.replace('operation.', '')
    if (state === 'cancel-requested') return
    const before = operations.get(subject.id)
    const isEnded = before === 'succeeded' || before === 'undone' || before === 'stuck'
    if ((before === undefined) !== (state === 'created'))
      wrong.push(`operation ${subject.id} is told ${state} after ${before}`)
    if (isEnded && !(before === 'stuck' && state === 'retried'))
      wrong.push(`operation ${subject.id}, which had ended ${before}, is told ${state}`)
    operations.set(subject.id, state)
  }

  return {
    wrong,
    heard: (event) => {
      if (event.number !== last + 1) wrong.push(`event ${event.number} comes after ${last}`)
      last = event.number
      const { type, subject } = event
      const state = OF_ASSIGNMENT[type]
      if (state !== undefined) ofAssignment(event, state)
      if (subject.kind === 'operation') ofOperation(event)
      if (type === 'virtual-function.provisioned') provisioned.add(subject.id)
      if (type === 'virtual-function.retired') provisioned.delete(subject.id)
    },
    contradictions: (read, hostIds) => [
      ...all((page) => read.operations({ tenant: null }, page))
        .filter(({ id, state }) => isTerminal(state) && operations.get(id) !== state)
        .map(({ id, state }) => `operation ${id} is ${state}, told ${operations.get(id)}`),
      ...all((page) => read.assignments(null, page))
        .filter(({ state }) => !UNTOLD.includes(state))
        .filter(({ id, state }) => assignments.get(id) !== state)
        .map(
          ({ id, state }) => `assignment ${id} is ${state}, told ${assignments.get(id)}`
        ),
      ...hostIds
        .flatMap((id) => read.inventoryOf(id).virtualFunctions)
        .filter((vf) => (vf.provisioned !== null) !== provisioned.has(vf.id))
        .map((vf) => `VF ${vf.id} is provisioned, or is not, and nobody told`),
    ],
  }
}

type PageOf<T> = (page: { readonly after: string | null; readonly limit: number }) => {
  readonly items: readonly T[]
  readonly next: string | null
}

export function all<T>(pageOf: PageOf<T>): readonly T[] {
  const items: T[] = []
  let after: string | null = null
  do {
    const page: ReturnType<typeof pageOf> = pageOf({ after, limit: 500 })
    items.push(...page.items)
    after = page.next
  } while (after !== null)
  return items
}

/** What findings need of the inventory, without asking the database with every frame. */
import type { Store } from '../../store/store.ts'
import type { FindingSubject } from './finder.ts'

type Facts = { readonly queueDepth: number; readonly primary: string | null }

export function functionFacts(store: Store) {
  const known = new Map<string, Facts>()
  const stop = store.onEvents((events) => {
    for (const { type, subject } of events) {
      if (/^(controller|virtual-function)\.(?!finding)/.test(type)) known.delete(subject.id)
    }
  })
  function factsOf(subject: FindingSubject): Facts {
    const before = known.get(subject.id)
    if (before) return before
    const facts = lookedUp(store, subject)
    known.set(subject.id, facts)
    return facts
  }
  return {
    queueDepthOf: (subject: FindingSubject) => factsOf(subject).queueDepth,
    primaryOf: (subject: FindingSubject) => factsOf(subject).primary,
    /** As the database has it now: asked only of what nobody has seen for long. */
    isPresent: ({ id }: FindingSubject) => store.read.controller(id)?.present === true,
    stop,
  }
}

function lookedUp({ read }: Store, { kind, id }: FindingSubject): Facts {
  if (kind === 'controller') {
    const row = read.controller(id)
    return { queueDepth: row?.lastController?.queueDepth ?? NaN, primary: id }
  }
  const row = read.virtualFunction(id)
  return {
    queueDepth: row?.observation?.controller?.queueDepth ?? NaN,
    primary: row?.controllerId ?? null,
  }
}

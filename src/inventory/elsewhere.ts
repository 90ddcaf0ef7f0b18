/** What other hosts have, asked only where an identity is in doubt: two rows must not share an id. */
import type { ControllerRow } from '../store/rows.ts'
import { allPages } from '../store/all-pages.ts'
import type { Store } from '../store/store.ts'
import type { ControllerIdentity } from './identity.ts'
import type { Underway } from './underway.ts'

export type Elsewhere = {
  /** The row of another host that has this id, when the controller is there. */
  readonly holderOf: (controllerId: string) => ControllerRow | undefined
  /** Whether a function of another host claims this identity. */
  readonly claims: (identity: ControllerIdentity) => boolean
  /** Whether another host has a row of this id for a namespace that is there. */
  readonly hasNamespace: (namespaceId: string) => boolean
}

/** `waitFor`: what was asked for is being stored just now, so that the answers may be old when this has settled. */
export type StoredElsewhere = Elsewhere & { readonly waitFor: Promise<void>[] }

export function elsewhereThan(
  hostId: string,
  store: Store,
  underway: Underway
): StoredElsewhere {
  const waitFor: Promise<void>[] = []
  const note = (commit: Promise<void> | undefined) => {
    if (commit) waitFor.push(commit)
  }
  return {
    waitFor,
    holderOf: (id) => {
      note(underway.ofId(id))
      const row = store.read.controller(id)
      return row && row.hostId !== hostId && row.present ? row : undefined
    },
    claims: (identity) => {
      note(underway.ofIdentity(identity))
      return everyController(store).some((row) => isRival(row, hostId, identity))
    },
    hasNamespace: (id) => {
      note(underway.ofId(id))
      const row = store.read.namespace(id)
      return row !== undefined && row.hostId !== hostId && row.present
    },
  }
}

function isRival(
  row: ControllerRow,
  hostId: string,
  identity: ControllerIdentity
): boolean {
  return (
    row.present &&
    row.hostId !== hostId &&
    row.serial === identity.serial &&
    row.subsystemNqn === identity.subsystemNqn &&
    row.cntlid === identity.cntlid
  )
}

/** All hosts' rows: asked only for a controller that is marked already, which is rare. */
function everyController({ read }: Store): readonly ControllerRow[] {
  return [...allPages((page) => read.controllers({}, page))]
}

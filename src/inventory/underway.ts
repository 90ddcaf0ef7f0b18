/**
 * What is being stored of other hosts at this moment. Hosts are recorded side by side; only one that shows what another's
 * commit has not stored yet, a drive that both claim, waits for that commit, and looks again at what is stored.
 */
import type { ControllerIdentity } from './identity.ts'
import type { Reconciled } from './reconcile.ts'

export interface Underway {
  /** Which rows a commit writes, and whose they are or were, until it has settled. */
  storing: (rows: Reconciled, hostIds: readonly string[], commit: Promise<unknown>) => void
  /** Which controllers' SMART values a commit writes: whoever marks one of them must not write older ones. */
  confirming: (controllerIds: readonly string[], commit: Promise<unknown>) => void
  /** Settles, and never rejects, when the commit that writes it has; undefined: nobody does. */
  ofId: (id: string) => Promise<void> | undefined
  ofIdentity: (identity: ControllerIdentity) => Promise<void> | undefined
  /** A commit that writes controllers of that host. */
  ofHost: (hostId: string) => Promise<void> | undefined
}

export function underway(): Underway {
  const commits = new Map<string, Promise<void>>()
  function note(keys: readonly string[], commit: Promise<unknown>): void {
    const settled = commit.then(ended, ended)
    for (const key of keys) commits.set(key, settled)
    function ended() {
      for (const key of keys) if (commits.get(key) === settled) commits.delete(key)
    }
  }
  return {
    storing: ({ controllers, namespaces }, hostIds, commit) => {
      const ofControllers = controllers.flatMap((row) => [row.id, keyOf(row)])
      note([...ofControllers, ...namespaces.map(({ id }) => id), ...hostIds], commit)
    },
    confirming: note,
    ofId: (id) => commits.get(id),
    ofIdentity: (identity) => commits.get(keyOf(identity)),
    ofHost: (hostId) => commits.get(hostId),
  }
}

function keyOf({ serial, subsystemNqn, cntlid }: ControllerIdentity): string {
  return [serial, subsystemNqn, cntlid].join('\0')
}

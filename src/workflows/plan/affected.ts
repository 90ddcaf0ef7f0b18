/** Whom and what a plan's changes reach besides the function that they are for. */
import { HostDriverError } from '../../host/driver.ts'
import type { NamespaceUse, UseNow } from '../../host/query.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import type { AssignmentRow, VirtualFunctionRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import { usesThrough } from '../guards/usage.ts'
import { HostBlocked, type Ask } from '../host-session.ts'
import type { Affected, AffectedVf, Reset, Sibling } from './plan.ts'
import type { DryStep } from './dry-run.ts'
import type { PlannedChange } from './told.ts'

export type Reaching = {
  readonly ask: Ask
  readonly store: Store
  readonly hostId: string
  /** Ids of the functions that are asked for. */
  readonly own: readonly string[]
  readonly changes: readonly PlannedChange['change'][]
}

/** Changes that write something, in their order. */
export function writingChanges(steps: readonly DryStep[]): Reaching['changes'] {
  return steps.flatMap(({ does }) =>
    does.changes.filter(({ writes }) => writes.length > 0).map(({ change }) => change)
  )
}

export async function affectedBy(reaching: Reaching): Promise<Affected> {
  const { store, hostId, own, changes } = reaching
  const { controllers, virtualFunctions } = store.read.inventoryOf(hostId)
  const vfs = affectedVfs(reaching)
  const siblings = await siblingsOf(reaching)
  const besides = [...controllers, ...virtualFunctions].filter(({ address }) =>
    siblings.some((sibling) => sibling.address === address)
  )
  const reached = new Set([
    ...own,
    ...besides.map(({ id }) => id),
    ...vfs.map(({ virtualFunctionId }) => virtualFunctionId),
  ])
  const standing =
    changes.length === 0 ? [] : [...reached].flatMap((id) => standingOf(store, id))
  const provisioned = virtualFunctions.filter(({ id }) => reached.has(id)).flatMap(tenantOf)
  const tenants = [...standing.map(({ tenant }) => tenant), ...provisioned]
  return {
    virtualFunctions: vfs,
    siblings,
    assignments: standing.map(({ id, consumer, tenant, state }) => {
      return { assignmentId: id, consumer, tenant, state }
    }),
    tenants: [...new Set(tenants)].toSorted(),
    mounts: await usesReached(reaching),
  }
}

export function resetsOf(steps: readonly DryStep[]): readonly Reset[] {
  return steps.flatMap(({ name: step, does }) =>
    does.changes.flatMap(({ change, writes }): Reset[] => {
      if (writes.length === 0) return []
      if (change.change === 'resetPrimary')
        return [{ device: change.pf, of: 'primary', step }]
      return resetBy(change).map((device) => ({ device, of: 'virtual-function', step }))
    })
  )
}

function resetBy(change: PlannedChange['change']): readonly PciAddress[] {
  if (change.change === 'resetFunctions') return change.fns
  return change.change === 'resetFunction' ? [change.fn] : []
}

function standingOf({ read }: Store, functionId: string): readonly AssignmentRow[] {
  const standing = read.standingAssignment(functionId)
  return standing ? [standing] : []
}

function tenantOf({ provisioned }: VirtualFunctionRow): readonly string[] {
  return provisioned ? [provisioned.tenant] : []
}

function affectedVfs({ store, hostId, own, changes }: Reaching): readonly AffectedVf[] {
  const { controllers, virtualFunctions } = store.read.inventoryOf(hostId)
  return changes.flatMap((change) => {
    const effect = effectOnVfs(change)
    if (effect === null || !('pf' in change)) return []
    const primary = controllers.find(({ address }) => address === change.pf)
    return virtualFunctions
      .filter(({ id, controllerId }) => controllerId === primary?.id && !own.includes(id))
      .map(({ id, address, provisioned }) => ({
        virtualFunctionId: id,
        address,
        effect,
        tenant: provisioned?.tenant ?? null,
      }))
  })
}

function effectOnVfs(change: PlannedChange['change']): AffectedVf['effect'] | null {
  if (change.change === 'resetPrimary') return 'reset'
  if (change.change !== 'setVfCount') return null
  return change.count === 0 ? 'disappears' : 'appears'
}

/** Of functions whose driver changes. Of one that does not exist yet the group appears with it. */
async function siblingsOf({ ask, changes }: Reaching): Promise<readonly Sibling[]> {
  const fns = new Set(changes.flatMap(reboundBy))
  const siblings = new Map<PciAddress, Sibling>()
  for (const fn of fns) {
    const { group } = await ifAnswered({ group: null }, () => ask({ read: 'group', fn }))
    for (const { address, driver } of group?.members ?? []) {
      if (group === null || fns.has(address)) continue
      siblings.set(address, { address, iommuGroup: group.number, driver })
    }
  }
  return [...siblings.values()]
}

function reboundBy(change: PlannedChange['change']): readonly PciAddress[] {
  return change.change === 'unbind' || change.change === 'probe' ? [change.fn] : []
}

async function usesReached({ ask, changes }: Reaching): Promise<readonly NamespaceUse[]> {
  const uses = new Map<string, NamespaceUse>()
  const usage = asksOnce(ask)
  for (const change of changes) {
    const reached = await ifAnswered([], () => usesReachedBy(ask, usage, change))
    for (const { ours, ...use } of reached) if (!ours) uses.set(JSON.stringify(use), use)
  }
  return [...uses.values()]
}

type Usage = { readonly fn: PciAddress; readonly nsids?: readonly number[] }

/** Each look at what has files open goes through all processes of the host. */
function asksOnce(ask: Ask): (query: Usage) => Promise<readonly UseNow[]> {
  const answers = new Map<string, Promise<readonly UseNow[]>>()
  return (query) => {
    const key = JSON.stringify([query.fn, query.nsids])
    const answer =
      answers.get(key) ?? ask({ read: 'usage', ...query }).then(({ uses }) => uses)
    answers.set(key, answer)
    return answer
  }
}

async function usesReachedBy(
  ask: Ask,
  usage: (query: Usage) => Promise<readonly UseNow[]>,
  change: PlannedChange['change']
): Promise<readonly UseNow[]> {
  if (change.change === 'resetPrimary') return usage({ fn: change.pf })
  // While it lasts Linux lets no I/O through to any namespace of the drive (drivers/nvme/host/core.c, nvme_passthru_start).
  if (change.change === 'formatNamespace') return usage({ fn: change.fn })
  if (change.change === 'unbind') return usesThrough(ask, change.fn)
  if (!('nsid' in change)) return []
  return usage({ fn: 'pf' in change ? change.pf : change.fn, nsids: [change.nsid] })
}

/** What is not there yet, or does not answer, tells of no use. */
async function ifAnswered<Answer>(otherwise: Answer, ask: () => Promise<Answer>) {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof HostDriverError || error instanceof HostBlocked) return otherwise
    throw error
  }
}

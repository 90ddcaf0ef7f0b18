/**
 * Some drives attach namespaces to VFs by themselves. Which of them is told only afterwards, so a plan is made for each:
 * a drive that attaches none, and those that attach all that they could.
 * Source: QEMU 7.2 hw/nvme/ns.c, nvme_ns_realize; QEMU 10.0 hw/nvme/ctrl.c, nvme_start_ctrl.
 */
import type { SelfAttaching } from '../../host/foresee-attachments.ts'
import { isOfSubsystem } from '../../inventory/same-subsystem.ts'
import { pciAddress } from '../../nvme/pci-address.ts'
import type { Store } from '../../store/store.ts'
import type { DryStep } from './dry-run.ts'
import type { PlannedChange, Told } from './told.ts'

/** What drives may do, where these changes give them the occasion: as VFs appear, as one is enabled, and both. */
export function waysToAttach(
  store: Store,
  hostId: string,
  changes: readonly PlannedChange[]
): readonly (readonly SelfAttaching[])[] {
  const appears = changes.some(
    ({ change }) => change.change === 'setVfCount' && change.count > 0
  )
  const isEnabled = changes.some(
    ({ change }) => change.change === 'probe' && change.expectDriver === 'nvme'
  )
  if (!appears && !isEnabled) return []
  const all = mayAttachItself(store, hostId)
  const asItAppears = all.map((each) => ({ ...each, asItIsEnabled: [] }))
  const asItIsEnabled = all.map((each) => ({ ...each, asItAppears: [] }))
  return [
    ...(appears ? [asItAppears] : []),
    ...(isEnabled ? [asItIsEnabled] : []),
    ...(appears && isEnabled ? [all] : []),
  ].filter((way) => way.length > 0)
}

/** Shared namespaces: a private one has its controller already. */
function mayAttachItself({ read }: Store, hostId: string): readonly SelfAttaching[] {
  const { controllers, virtualFunctions, namespaces } = read.inventoryOf(hostId)
  return virtualFunctions.flatMap(({ controllerId, vfNumber, cntlid }) => {
    const primary = controllers.find(({ id }) => id === controllerId)
    if (!primary) return []
    const nsids = namespaces
      .filter(({ present, observation }) => present && observation.shared)
      .filter(({ observation }) => isOfSubsystem(primary, observation))
      .map(({ observation }) => observation.nsid)
    const pf = pciAddress(primary.address)
    return [{ pf, vfNumber, cntlid, asItAppears: nsids, asItIsEnabled: nsids }]
  })
}

/** What not every one of them would write is marked. What is refused is told by the first. */
export function inAnyWorld(
  attachingNone: readonly DryStep[],
  others: readonly (readonly DryStep[])[]
): readonly DryStep[] {
  return others.reduce(inEitherWorld, attachingNone)
}

function inEitherWorld(
  before: readonly DryStep[],
  attaching: readonly DryStep[]
): readonly DryStep[] {
  return before.map((step, at) => {
    const other = attaching[at]
    if (!other) return step
    const undo = step.undo && other.undo ? either(step.undo, other.undo) : step.undo
    return { ...step, does: either(step.does, other.does), undo }
  })
}

function either(none: Told, all: Told): Told {
  const [ones, others] = [none.changes.map(text), all.changes.map(text)]
  const common = inBoth(ones, others)
  const changes: PlannedChange[] = []
  let [one, other] = [0, 0]
  for (const key of [...common, null]) {
    const onlyAll = until(others, other, key)
    const onlyNone = until(ones, one, key)
    changes.push(
      ...detachingFirst([
        ...marked(all.changes.slice(other, onlyAll), BY_ITSELF),
        ...marked(none.changes.slice(one, onlyNone), NOT_BY_ITSELF),
      ])
    )
    const shared = none.changes[onlyNone]
    if (key !== null && shared) changes.push(shared)
    ;[one, other] = [onlyNone + 1, onlyAll + 1]
  }
  return { ...none, changes, unforeseen: none.unforeseen ?? all.unforeseen }
}

const BY_ITSELF = 'the drive has attached the namespace by itself'
const NOT_BY_ITSELF = 'the drive has not attached the namespace by itself'

function text({ change, writes }: PlannedChange): string {
  return JSON.stringify([change, writes.map(({ write }) => write)])
}

function until(keys: readonly string[], from: number, key: string | null): number {
  return key === null ? keys.length : keys.indexOf(key, from)
}

/** In their order. A step does nothing twice, so looking once is enough. */
function inBoth(ones: readonly string[], others: readonly string[]): readonly string[] {
  let from = 0
  return ones.filter((key) => {
    const at = others.indexOf(key, from)
    if (at >= 0) from = at + 1
    return at >= 0
  })
}

function marked(
  changes: readonly PlannedChange[],
  condition: string
): readonly PlannedChange[] {
  return changes
    .filter(({ writes }) => writes.length > 0)
    .map((planned) => ({
      ...planned,
      writes: planned.writes.map((write) => ({
        ...write,
        onlyIf: write.onlyIf ?? condition,
      })),
    }))
}

/** As the steps do: what must not be seen shall not be seen for a moment. */
function detachingFirst(changes: readonly PlannedChange[]): readonly PlannedChange[] {
  const isDetaching = ({ change }: PlannedChange) =>
    change.change === 'detachNamespace' || change.change === 'detachFromEach'
  return [...changes.filter(isDetaching), ...changes.filter((one) => !isDetaching(one))]
}

/** The PCI side: which driver has a function, and where it is. */
import type { FunctionObservation } from '../../host/observation.ts'
import type { AssignmentRow, AssignmentState, ProvisionedVf } from '../../store/rows.ts'
import type { Deviation } from './drift.ts'

type Wanted = {
  readonly driver: string | null
  /** undefined: any. */
  readonly override: string | undefined
}

/** States in which the function is its consumer's, whether or not it is in reach just now. */
const OF_A_CONSUMER: readonly AssignmentState[] = ['ready', 'restoring', 'lost']

export function isOfConsumer(assignment: AssignmentRow | undefined): boolean {
  return assignment !== undefined && OF_A_CONSUMER.includes(assignment.state)
}

export function differencesOfBinding(
  seen: FunctionObservation | null,
  assignment: AssignmentRow | undefined,
  provisioned: ProvisionedVf | null
): readonly Deviation[] {
  const wanted = wantedOf(assignment, provisioned)
  const binding = seen?.binding
  if (!wanted || !binding) return []
  const { driver, override } = binding
  return [
    ...(driver === wanted.driver
      ? []
      : [deviation('driver-changed', { driver: wanted.driver }, { driver })]),
    ...(wanted.override === undefined || override === wanted.override
      ? []
      : [deviation('override-changed', { override: wanted.override }, { override })]),
  ]
}

/** Of a quarantined function, or of one in an operation's hands, nobody knows what is right. */
function wantedOf(
  assignment: AssignmentRow | undefined,
  provisioned: ProvisionedVf | null
): Wanted | undefined {
  if (isOfConsumer(assignment)) return { driver: 'vfio-pci', override: 'vfio-pci' }
  if (assignment || !provisioned) return undefined
  return provisioned.driver === 'nvme'
    ? { driver: 'nvme', override: 'nvme' }
    : { driver: null, override: undefined }
}

/** What the consumer was told, against where the function is now. */
export function differencesOfPlace(
  seen: FunctionObservation | null,
  assignment: AssignmentRow | undefined
): readonly Deviation[] {
  const told = assignment?.state === 'ready' ? assignment.handOver : null
  if (!told || !seen?.group) return []
  const expected = { pciAddress: told.address, iommuGroup: told.iommuGroup }
  const found = { pciAddress: seen.address, iommuGroup: seen.group.number }
  const isThere =
    expected.pciAddress === found.pciAddress && expected.iommuGroup === found.iommuGroup
  return isThere ? [] : [deviation('moved', expected, found)]
}

export function deviation(
  kind: Deviation['kind'],
  expected: Deviation['expected'],
  found: Deviation['found']
): Deviation {
  return { kind, expected, found }
}

/**
 * What an operation would do, told without touching anything: its changes with the kernel writes and commands that they
 * become, their undo, what else they reach, and everything that speaks against it.
 */
import type { Trouble } from '../../errors.ts'
import type { NamespaceUse } from '../../host/query.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import type { AssignmentState } from '../../store/rows.ts'
import type { Told } from './told.ts'

export type Plan = {
  /** Of the plan, and of the operation that it is run as: markers on blocks have it in them. */
  readonly id: string
  /** null: what was asked for is refused before it is known what it would be. */
  readonly workflow: string | null
  readonly subject: { readonly kind: string; readonly id: string } | null
  readonly steps: readonly PlanStep[]
  readonly affected: Affected
  readonly resets: readonly Reset[]
  /** All of them; none: it can be run. */
  readonly refusals: readonly PlanRefusal[]
  readonly createdAt: string
  readonly expiresAt: string
}

export type PlanStep = {
  readonly name: string
  /** From here on the operation only goes forward. */
  readonly commit: boolean
  readonly does: Told
  /** Should a later step fail before the commit step; the last step is undone first. null: nothing is to be undone. */
  readonly undo: Told | null
}

/** Besides what is asked for. */
export type Affected = {
  readonly virtualFunctions: readonly AffectedVf[]
  /** Functions that share an IOMMU group with one whose driver changes. */
  readonly siblings: readonly Sibling[]
  readonly assignments: readonly AffectedAssignment[]
  /** Whose VFs or assignments those are, and that of the function itself. */
  readonly tenants: readonly string[]
  /** What on the host uses namespaces that move, are erased, or are reached through what is unbound or reset. */
  readonly mounts: readonly NamespaceUse[]
}

export type AffectedVf = {
  readonly virtualFunctionId: string
  /** null: it does not exist yet. */
  readonly address: string | null
  readonly effect: 'appears' | 'disappears' | 'reset'
  /** null: it is in the pool. */
  readonly tenant: string | null
}

export type Sibling = {
  readonly address: PciAddress
  readonly iommuGroup: number
  readonly driver: string | null
}

export type AffectedAssignment = {
  readonly assignmentId: string
  readonly consumer: string
  readonly tenant: string
  readonly state: AssignmentState
}

export type Reset = {
  readonly device: PciAddress
  /** Both are Function Level Resets; that of a primary takes its secondaries down. */
  readonly of: 'virtual-function' | 'primary'
  readonly step: string
}

export type PlanRefusal = {
  /** Step that would be refused; null: the request is, before it begins. */
  readonly step: string | null
  readonly trouble: Trouble
}

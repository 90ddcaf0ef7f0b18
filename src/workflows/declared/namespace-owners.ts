/** Whoever has a namespace that a declared VF is to have: it is waited for, unless it goes by itself. Pure. */
import { isOfSubsystem } from '../../inventory/same-subsystem.ts'
import type { DeclaredVf } from '../../store/policy-row.ts'
import type { ProvisionedVf, VirtualFunctionRow } from '../../store/rows.ts'
import type { Obstacle, OfController } from './obstacles.ts'

export type Goers = {
  /** Is that VF of the same controller retired, by itself, to be another or none? */
  readonly goes: (id: string) => boolean
}

/** One that is to be retired first gets them once those that have them are retired too, which waits for their users only. */
export function obstacleOfNamespaces(
  row: VirtualFunctionRow,
  wanted: DeclaredVf,
  of: OfController & Goers
): Obstacle | undefined {
  return row.provisioned
    ? obstacleOfKept(row, wanted, of)
    : told(ownerOf(row, wanted, of), wanted, of)
}

/** Of those alone that do not go by themselves. */
export function obstacleOfKept(
  row: VirtualFunctionRow,
  wanted: DeclaredVf,
  of: OfController & Goers
): Obstacle | undefined {
  const owner = ownerOf(row, wanted, of)
  return owner && of.goes(owner.id) ? undefined : told(owner, wanted, of)
}

type Owner = VirtualFunctionRow & { readonly provisioned: ProvisionedVf }

function ownerOf(
  row: VirtualFunctionRow,
  { nsids }: DeclaredVf,
  { controller, host }: OfController
): Owner | undefined {
  const owners = host.controllers.filter((other) => isOfSubsystem(controller, other))
  return host.virtualFunctions
    .filter(({ id, controllerId }) => {
      return id !== row.id && owners.some((other) => other.id === controllerId)
    })
    .filter(isProvisioned)
    .find(({ provisioned }) => provisioned.nsids.some((nsid) => nsids.includes(nsid)))
}

function isProvisioned(row: VirtualFunctionRow): row is Owner {
  return row.provisioned !== null
}

function told(
  owner: Owner | undefined,
  { nsids }: DeclaredVf,
  { controller }: OfController
): Obstacle | undefined {
  if (!owner) return undefined
  const nsid = owner.provisioned.nsids.find((one) => nsids.includes(one))
  const whose =
    owner.controllerId === controller.id ? controller.address : 'another controller'
  return {
    reason: `namespace ${nsid} still belongs to VF ${owner.vfNumber} of ${whose}`,
    remedy: `Retire VF ${owner.vfNumber}, or declare another namespace.`,
  }
}

/** Does the kernel keep what its IOMMU groups promise? It can be told to promise more. */
import type { Refusal } from '../../errors.ts'
import type { IsolationWeakness } from '../../host/query.ts'
import type { AssignParams } from '../assign-params.ts'
import type { Ask } from '../host-session.ts'

export async function refuseWeakened(
  ask: Ask,
  { fn, accept }: AssignParams
): Promise<readonly Refusal[]> {
  if (accept === undefined || accept.includes('isolation-weakened')) return []
  const { weakenedBy } = await ask({ read: 'isolation', fn })
  return weakenedBy.map((weakness) => ({
    check: 'isolation-weakened',
    device: fn,
    reason: `the kernel of the host runs with ${SETTING[weakness]}: ${MEANING[weakness]}`,
    remedy: `Start it without ${SETTING[weakness]}; or trust the tenant, and ask with accept: ["isolation-weakened"].`,
  }))
}

const SETTING: Readonly<Record<IsolationWeakness, string>> = {
  'acs-override': 'pcie_acs_override',
  'no-iommu-mode': 'vfio.enable_unsafe_noiommu_mode',
  'unsafe-interrupts': 'vfio_iommu_type1.allow_unsafe_interrupts',
}

const MEANING: Readonly<Record<IsolationWeakness, string>> = {
  'acs-override': 'functions that it has in groups of their own may reach each other',
  'no-iommu-mode': 'it hands functions to consumers without an IOMMU',
  'unsafe-interrupts': 'a guest could raise any interrupt of the host',
}

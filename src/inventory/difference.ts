/**
 * What changed between two scans, as events tell it: the fields that an operator acts on, not counters or temperatures.
 */
import { isDeepStrictEqual } from 'node:util'
import type {
  ControllerRow,
  EventSubject,
  NamespaceRow,
  VirtualFunctionRow,
} from '../store/rows.ts'

export type Difference = {
  readonly type: InventoryEventType
  readonly subject: EventSubject
  readonly detail: Readonly<Record<string, unknown>>
}

export type InventoryEventType =
  | 'controller.appeared'
  | 'controller.changed'
  | 'controller.gone'
  | 'virtual-function.appeared'
  | 'virtual-function.changed'
  | 'namespace.appeared'
  | 'namespace.changed'
  | 'namespace.gone'

type Facts = Readonly<Record<string, unknown>>

/** Facts of a controller that no operation changes: they are told while one has it, too. */
const OF_THE_DRIVE = ['ambiguous', 'pciAddress', 'firmware', 'totalVfs', 'criticalWarning']

/** @returns undefined: none of the changes is the drive's own */
export function withoutOperations(changes: Facts): Facts | undefined {
  const own = Object.entries(changes).filter(([field]) => OF_THE_DRIVE.includes(field))
  return own.length === 0 ? undefined : Object.fromEntries(own)
}

/** `{ driver: { before: 'nvme', after: 'vfio-pci' } }`, or undefined when nothing that matters changed. */
export function changesOf(before: Facts, after: Facts): Facts | undefined {
  const changed = Object.keys(after)
    .filter((field) => !isDeepStrictEqual(before[field], after[field]))
    .map((field) => [field, { before: before[field], after: after[field] }] as const)
  return changed.length === 0 ? undefined : Object.fromEntries(changed)
}

export function factsOfController(row: FactsOf<ControllerRow>): Facts {
  const { observation, lastController } = row
  return {
    present: row.present,
    ambiguous: row.ambiguous,
    pciAddress: row.address,
    driver: observation.binding?.driver ?? null,
    driverOverride: observation.binding?.override ?? null,
    iommuGroup: observation.group?.number ?? null,
    blocked: observation.blocked,
    state: observation.controller?.state ?? null,
    firmware: lastController?.firmware ?? null,
    totalVfs: observation.sriov?.totalVfs ?? null,
    vfCount: observation.sriov?.vfCount ?? null,
    autoprobe: observation.sriov?.autoprobe ?? null,
    criticalWarning: lastController?.health?.criticalWarning ?? null,
  }
}

export function factsOfVirtualFunction(row: FactsOf<VirtualFunctionRow>): Facts {
  return {
    pciAddress: row.address,
    driver: row.observation?.binding?.driver ?? null,
    driverOverride: row.observation?.binding?.override ?? null,
    iommuGroup: row.observation?.group?.number ?? null,
    blocked: row.observation?.blocked ?? null,
    cntlid: row.cntlid,
    secondaryState: row.secondaryState,
    vq: row.vq,
    vi: row.vi,
  }
}

export function factsOfNamespace(row: NamespaceRow): Facts {
  const { observation } = row
  return {
    present: row.present,
    sizeBytes: observation.sizeBytes,
    blockBytes: observation.blockBytes,
    metadataBytes: observation.metadataBytes,
    attachedTo: observation.attachedTo,
    uses: observation.uses.map(({ use, by }) => `${use} ${by}`).toSorted(),
  }
}

/** Columns that a scan does not know take no part. */
type FactsOf<Row> = Omit<Row, 'sriovBefore' | 'provisioned'>

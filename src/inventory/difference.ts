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
import type { InHand } from './in-hand.ts'

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

/** Facts of a controller that no operation changes: they are told while one decides about it, too. */
const OF_THE_DRIVE = ['ambiguous', 'pciAddress', 'firmware', 'totalVfs', 'criticalWarning']

/** By operations that it stays for. Whose call has not come back from it, `blocked` does not say: it may be theirs. */
const OF_OPERATIONS = { vfs: ['vfCount', 'autoprobe', 'blocked'], stays: ['blocked'] }

/** @returns undefined: all of the changes may be operations' */
export function withoutOperations(changes: Facts, inHand: InHand): Facts | undefined {
  const others = Object.entries(changes).filter(([field]) => !isOfOperation(field, inHand))
  return others.length === 0 ? undefined : Object.fromEntries(others)
}

function isOfOperation(field: string, inHand: InHand): boolean {
  switch (inHand) {
    case 'all':
      return !OF_THE_DRIVE.includes(field)
    case 'vfs':
    case 'stays':
      return OF_OPERATIONS[inHand].includes(field)
    case 'nothing':
      return false
  }
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

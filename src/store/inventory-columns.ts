/** Inventory rows from columns. JSON is parsed here, once for each row that is read. */
import type {
  AssignmentRow,
  ControllerRow,
  DriftRow,
  EventRow,
  EventSubject,
  HostRow,
  NamespaceRow,
  VirtualFunctionRow,
} from './rows.ts'
import { fromJson, fromJsonText } from './json-column.ts'

type Bit = 0 | 1

export type HostColumns = Omit<HostRow, 'iommu'> & { readonly iommu: Bit }

export type ControllerColumns = Omit<
  ControllerRow,
  'present' | 'ambiguous' | 'observation' | 'lastController' | 'sriovBefore'
> & {
  readonly present: Bit
  readonly ambiguous: Bit
  readonly observation: string
  readonly lastController: string | null
  readonly sriovBefore: string | null
}

export type VirtualFunctionColumns = Omit<
  VirtualFunctionRow,
  'observation' | 'provisioned'
> & {
  readonly observation: string | null
  readonly provisioned: string | null
}

export type NamespaceColumns = Omit<NamespaceRow, 'present' | 'observation'> & {
  readonly present: Bit
  readonly observation: string
}

export type AssignmentColumns = Omit<AssignmentRow, 'before' | 'handOver'> & {
  readonly before: string | null
  readonly handOver: string | null
}

export type DriftColumns = Omit<DriftRow, 'expected' | 'found'> & {
  readonly expected: string
  readonly found: string
}

export type EventColumns = Omit<EventRow, 'subject' | 'detail'> & {
  readonly subjectKind: EventSubject['kind']
  readonly subjectId: string
  readonly detail: string
}

export function toHost(columns: HostColumns): HostRow {
  return { ...columns, iommu: columns.iommu === 1 }
}

/** In lastController: it is the observation's controller, which need not be there twice. JSON, as the column is. */
export const AS_OBSERVED = '"observation"'

export function toController(columns: ControllerColumns): ControllerRow {
  const observation = fromJsonText<ControllerRow['observation']>(columns.observation)
  return {
    ...columns,
    present: columns.present === 1,
    ambiguous: columns.ambiguous === 1,
    observation,
    lastController:
      columns.lastController === AS_OBSERVED
        ? observation.controller
        : fromJson(columns.lastController),
    sriovBefore: fromJson(columns.sriovBefore),
  }
}

export function toVirtualFunction(columns: VirtualFunctionColumns): VirtualFunctionRow {
  return {
    ...columns,
    observation: fromJson(columns.observation),
    provisioned: fromJson(columns.provisioned),
  }
}

/** Their values come in this order. */
export const VIRTUAL_FUNCTION_COLUMNS = [
  'id',
  'hostId',
  'controllerId',
  'vfNumber',
  'cntlid',
  'address',
  'secondaryState',
  'vq',
  'vi',
  'observation',
  'provisioned',
  'observedAt',
] as const satisfies readonly (keyof VirtualFunctionColumns)[]

export type VirtualFunctionValues = ValuesOf<typeof VIRTUAL_FUNCTION_COLUMNS>

type ValuesOf<Names extends readonly (keyof VirtualFunctionColumns)[]> = {
  readonly [Place in keyof Names]: VirtualFunctionColumns[Names[Place]]
}

export function virtualFunctionOf(values: VirtualFunctionValues): VirtualFunctionRow {
  const [id, hostId, controllerId, vfNumber, cntlid, address, ...rest] = values
  const [secondaryState, vq, vi, observation, provisioned, observedAt] = rest
  return {
    id,
    hostId,
    controllerId,
    vfNumber,
    cntlid,
    address,
    secondaryState,
    vq,
    vi,
    observation: fromJson(observation),
    provisioned: fromJson(provisioned),
    observedAt,
  }
}

export function toNamespace(columns: NamespaceColumns): NamespaceRow {
  return {
    ...columns,
    present: columns.present === 1,
    observation: fromJsonText<NamespaceRow['observation']>(columns.observation),
  }
}

export function toAssignment(columns: AssignmentColumns): AssignmentRow {
  return {
    ...columns,
    before: fromJson(columns.before),
    handOver: fromJson(columns.handOver),
  }
}

export function toDrift(columns: DriftColumns): DriftRow {
  return {
    ...columns,
    expected: fromJsonText<DriftRow['expected']>(columns.expected),
    found: fromJsonText<DriftRow['found']>(columns.found),
  }
}

export function toEvent({ subjectKind, subjectId, ...columns }: EventColumns): EventRow {
  return {
    ...columns,
    subject: { kind: subjectKind, id: subjectId },
    detail: fromJsonText<EventRow['detail']>(columns.detail),
  }
}

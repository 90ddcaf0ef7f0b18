/** What an operation that provisions VFs was asked for, as it is logged. */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { OpenOperation } from '../store/store.ts'
import type { Json } from '../saga/workflow.ts'
import { ExpectedController, Held, logged } from './logged-shapes.ts'

const Wanted = Type.Object({
  id: Type.String(),
  vfNumber: Type.Integer(),
  cntlid: Type.Integer(),
  vq: Type.Integer(),
  vi: Type.Integer(),
  nsids: Type.Array(Type.Integer()),
  /** cntlid of its primary, where a release may have left them. */
  fetchedTo: Type.Optional(Type.Integer()),
})

/** Shared with restore-virtual-function.ts. */
export const ProvisionFields = {
  ...Held,
  controllerId: Type.String(),
  primary: ExpectedController,
  totalVfs: Type.Integer(),
  /**
   * IOMMU groups that the VFs are in or, as long as they do not exist, may join: locked when the host's driver is to
   * have them. The first nvirt logged none.
   */
  groups: Type.Optional(Type.Array(Type.Integer())),
  virtualFunctions: Type.Array(Wanted),
  driver: Type.Union([Type.Literal('none'), Type.Literal('nvme')]),
}

const Params = Type.Object(ProvisionFields)

export type ProvisionParams = Static<typeof Params>
export type Wanted = Static<typeof Wanted>

export const PROVISION = 'provision-virtual-functions'
/** The first one had other steps. Its parameters are the same. */
export const VERSIONS: readonly number[] = [1, 2]

export function provisionParams(json: Json): ProvisionParams {
  return logged(Params, json, `parameters of ${PROVISION}:`)
}

/** VFs that an operation takes from the pools of these controllers; none when it provisions nothing. */
export function wantedBy(
  { workflow, version, params }: OpenOperation,
  controllerIds: readonly string[]
): readonly Wanted[] {
  if (workflow !== PROVISION || !VERSIONS.includes(version)) return []
  const { controllerId, virtualFunctions } = provisionParams(params)
  return controllerIds.includes(controllerId) ? virtualFunctions : []
}

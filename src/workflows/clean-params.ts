/** What an operation that takes a function back and cleans it was asked for, as it is logged. */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { PciAddress } from '../nvme/pci-address.ts'
import type { Json } from '../saga/workflow.ts'
import { driveTarget, type Target } from './guards/identity.ts'
import {
  Address,
  Before,
  Condition,
  ExpectedController,
  Held,
  logged,
  nullable,
  outputOf,
} from './logged-shapes.ts'
import { recordedTarget } from './return-function.ts'

const Params = Type.Object({
  ...Held,
  assignmentId: Type.String(),
  functionId: Type.String(),
  fn: Address,
  group: nullable(Type.Integer()),
  /** What the assignment recorded before it touched the function. */
  before: Before,
  acceptUncleaned: Type.Boolean(),
  /** Absent: by an erase. */
  cleaning: Type.Optional(Type.Literal('logical')),
  /**
   * Of one that a former release has cleaned, and of which something was in doubt: only that is looked at, and erased where
   * the function has got it since. Absent: all is cleaned, or, where that was done without a doubt, nothing.
   */
  again: Type.Optional(Type.Union([Type.Literal('look'), Type.Literal('erase')])),
  /** False: the function was returned already, and only waits to be freed. */
  returns: Type.Boolean(),
  /** Its cntlid; of a controller null: it was never seen answering. */
  cntlid: nullable(Type.Integer()),
  /** Of a VF: the primary, through which it is cleaned, and the namespaces that it was provisioned with. */
  vf: nullable(
    Type.Object({
      controllerId: Type.String(),
      primary: ExpectedController,
      primaryCntlid: Type.Integer(),
      nsids: Type.Array(Type.Integer()),
    })
  ),
  /**
   * Of a controller that went with chosen namespaces: the controllers of its subsystem that may be asked to put back what
   * was attached, itself last, and the lock for it.
   */
  direct: Type.Optional(
    Type.Object({ candidates: Type.Array(ExpectedController), controllerId: Type.String() })
  ),
  /** The assignment's state, should this be undone. */
  state: Type.Union([
    Type.Literal('ready'),
    Type.Literal('restoring'),
    Type.Literal('lost'),
    Type.Literal('quarantined'),
  ]),
})

export type CleanParams = Static<typeof Params>

export type CleanedVf = NonNullable<CleanParams['vf']>

export function cleanParams(json: Json): CleanParams {
  return logged(Params, json, 'parameters of release-assignment:')
}

/** The function of the host through which the namespaces are erased. */
export function cleaner({ fn, vf }: Pick<CleanParams, 'fn' | 'vf'>): PciAddress {
  return vf ? vf.primary.address : fn
}

export function cleanerTarget(p: CleanParams): Target {
  return p.vf ? driveTarget(p.vf.primary) : recordedTarget(p, p.before)
}

export const RECORD_NAMESPACES = 'record-namespaces'

/** nsids that an erase does not reach. */
const Unaccounted = {
  /** It was handed over with them, and its drive has them no more. */
  deleted: Type.Optional(Type.Array(Type.Integer())),
  /** It was handed over with them, and its drive does not tell whether it has them. */
  missing: Type.Optional(Type.Array(Type.Integer())),
  /** Attached to nobody, and created since by whomever, or by nobody knows whom. */
  unattached: Type.Optional(Type.Array(Type.Integer())),
  /** By which they are known; absent: a former nvirt did not ask. */
  unattachedAs: Type.Optional(
    Type.Array(
      Type.Object({
        nsid: Type.Integer(),
        nguid: nullable(Type.String()),
        eui64: nullable(Type.String()),
      })
    )
  ),
  /** What it was handed over with nobody has recorded, and nothing is attached to it. */
  unrecorded: Type.Optional(Type.Literal(true)),
}

const Found = Type.Object({
  erase: Type.Union([
    Type.Object({
      method: Type.Literal('format'),
      secureErase: Type.Union([Type.Literal('user-data'), Type.Literal('cryptographic')]),
    }),
    Type.Object({ method: Type.Literal('overwrite') }),
  ]),
  namespaces: Type.Array(
    Type.Object({
      nsid: Type.Integer(),
      sizeBytes: Type.Integer(),
      blockBytes: Type.Integer(),
      metadataBytes: Type.Integer(),
    })
  ),
  /** nsids of those that the function was handed over with, and that its consumer detached: they are attached again. */
  detached: Type.Optional(Type.Array(Type.Integer())),
  ...Unaccounted,
  condition: Condition,
  at: Type.String(),
})

/** What there is to be erased. */
export type Found = Static<typeof Found>

type Outputs = Parameters<typeof outputOf>[1]

/** null: the function has gone, and nothing of it could be looked at. */
export function namespacesFound(outputs: Outputs): Found | null {
  return outputOf(nullable(Found), outputs, RECORD_NAMESPACES)
}

export const ERASE = 'erase'

const Erased = Type.Object({
  namespaces: Type.Array(
    Type.Object({
      nsid: Type.Integer(),
      /** Of the namespace that was created in its place. */
      becameNsid: Type.Optional(Type.Integer()),
      sizeBytes: Type.Integer(),
      method: Type.String(),
      /** Each was marked before, and read afterwards. */
      sampledBlocks: Type.Array(Type.Integer()),
      markersLeft: Type.Integer(),
      /** Sampled blocks that are not all zeroes now. */
      notZero: Type.Integer(),
    })
  ),
  condition: Condition,
  at: Type.String(),
})

/** Evidence. */
export type Erased = Static<typeof Erased>

export function erasedNamespaces(outputs: Outputs): Erased | null {
  return outputOf(nullable(Erased), outputs, ERASE)
}

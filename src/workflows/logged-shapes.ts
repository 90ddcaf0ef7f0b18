/**
 * Shapes of what a workflow logs and reads again: parameters of an operation, outputs of its steps. A former process,
 * or a former version, wrote them, so they are checked when read.
 */
import { Type } from 'typebox'
import type { Static, TSchema } from 'typebox'
import { Check, Errors } from 'typebox/value'
import type { PciAddress } from '../nvme/pci-address.ts'
import { parsePciAddress } from '../nvme/pci-address.ts'
import type { Json } from '../saga/workflow.ts'

/** Values are never changed, so that one which is looked at by every request is checked once. */
const shaped = new WeakMap<TSchema, WeakSet<object>>()

export function isShaped<S extends TSchema>(
  schema: S,
  value: Json
): value is Static<S> & Json {
  if (typeof value !== 'object' || value === null) return Check(schema, value)
  const known = shaped.get(schema) ?? new WeakSet()
  if (known.has(value)) return true
  if (!Check(schema, value)) return false
  shaped.set(schema, known.add(value))
  return true
}

/** @throws Error when the logged value has another shape: a bug, or a version that nobody migrated. */
export function logged<S extends TSchema>(schema: S, value: Json, what: string): Static<S> {
  if (isShaped(schema, value)) return value
  const [error] = Errors(schema, value)
  throw new Error(
    `${what} ${error?.instancePath ?? ''} ${error?.message ?? 'is malformed'}`
  )
}

/** @throws Error when the step has not run, or logged something else. */
export function outputOf<S extends TSchema>(
  schema: S,
  outputs: Readonly<Record<string, Json>>,
  step: string
): Static<S> {
  return logged(schema, outputs[step] ?? null, `output of step ${step}:`)
}

export function nullable<S extends TSchema>(schema: S) {
  return Type.Union([schema, Type.Null()])
}

export const Address = Type.Refine(
  Type.Unsafe<PciAddress>(Type.String()),
  (text) => parsePciAddress(text) !== undefined,
  () => 'is not a PCI address'
)

export const Binding = Type.Object({
  driver: nullable(Type.String()),
  override: nullable(Type.String()),
})

export const PciFacts = Type.Object({
  vendor: Type.String(),
  device: Type.String(),
  subsystemVendor: Type.String(),
  subsystemDevice: Type.String(),
  serialNumber: nullable(Type.String()),
  topology: Type.String(),
  bootId: Type.String(),
})

export const Controller = Type.Object({
  serial: Type.String(),
  subsystemNqn: Type.String(),
  cntlid: Type.Integer(),
})

/** Who is expected behind an address: see guards/identity.ts. */
export const ExpectedController = Type.Object({
  address: Address,
  controller: nullable(Controller),
  pci: PciFacts,
})

export const Identity = Type.Object({
  address: Address,
  pci: PciFacts,
  controller: Type.Optional(Controller),
  vf: Type.Optional(Type.Object({ pf: Address, vfNumber: Type.Integer() })),
})

/** What a VF was provisioned as. */
export const Provisioned = Type.Object({
  vq: Type.Integer(),
  vi: Type.Integer(),
  nsids: Type.Array(Type.Integer()),
  driver: Type.Union([Type.Literal('none'), Type.Literal('nvme')]),
  tenant: Type.String(),
  operationId: Type.String(),
  at: Type.String(),
  quarantine: Type.Optional(Type.String()),
  fetchedTo: Type.Optional(Type.Integer()),
  offline: Type.Optional(Type.Literal(true)),
})

export const Condition = Type.Object({
  firmware: Type.String(),
  percentageUsed: Type.Integer(),
  dataUnitsWritten: Type.String(),
  mediaErrors: Type.String(),
})

/** Of a controller that goes with chosen namespaces: what is attached to what, to be put back. */
export const Attachments = Type.Object({
  /** nsids that its consumer gets, and no others. */
  given: Type.Array(Type.Integer()),
  /** cntlids whose attachments are changed: its own, then those of the host. */
  controllers: Type.Array(Type.Integer()),
  /** Each namespace that is concerned, with those of `controllers` that it was attached to. */
  found: Type.Array(
    Type.Object({
      nsid: Type.Integer(),
      shared: Type.Boolean(),
      cntlids: Type.Array(Type.Integer()),
    })
  ),
  /** Everything was put back. Absent: not yet, or not all, or a former nvirt did not say. */
  returned: Type.Optional(Type.Boolean()),
})

/** Of a controller as it was handed over: its consumer may detach, delete and create namespaces. */
export const Reached = Type.Object({
  /** That it goes with. */
  namespaces: Type.Array(
    Type.Object({
      nsid: Type.Integer(),
      nguid: nullable(Type.String()),
      eui64: nullable(Type.String()),
    })
  ),
  /** nsids of all that its drive had; null: it does not tell, or did not answer. */
  allocated: nullable(Type.Array(Type.Integer())),
})

/** Namespaces that are deleted, and of which others like them are created. */
export const Recreating = Type.Object({
  namespaces: Type.Array(
    Type.Object({
      nsid: Type.Integer(),
      nguid: nullable(Type.String()),
      eui64: nullable(Type.String()),
      layout: Type.Object({
        sizeBlocks: Type.Integer(),
        capacityBlocks: Type.Integer(),
        formatByte: Type.Integer(),
        protectionByte: Type.Integer(),
        shared: Type.Boolean(),
        anaGroup: Type.Integer(),
        nvmSet: Type.Integer(),
        enduranceGroup: Type.Integer(),
      }),
    })
  ),
  /** nsids of the other namespaces that the drive had before. */
  before: Type.Array(Type.Integer()),
})

export type ToRecreate = Static<typeof Recreating>

/** What an assignment records before it touches its function. */
export const Before = Type.Object({
  binding: Binding,
  identity: Identity,
  /** Absent: its drive did not answer, or a former nvirt did not ask. */
  condition: Type.Optional(Condition),
  /** Absent: the controller goes with whatever is attached to it, or it is a VF. */
  attachments: Type.Optional(Attachments),
  /** Absent: of a VF, whose row has them; its drive did not answer, ever; or a former nvirt did not ask. */
  reached: Type.Optional(Reached),
  /** While a release has deleted some of its namespaces, and not created others for all of them. */
  recreating: Type.Optional(Recreating),
  /** Outputs of the steps that cleaned its namespaces, when only to put them back, or a doubt, is left. Absent: not cleaned. */
  cleaned: Type.Optional(Type.Record(Type.String(), Type.Unsafe<Json>(Type.Unknown()))),
})

/** In every workflow's parameters. */
export const Held = {
  hostId: Type.String(),
  subject: Type.Object({
    kind: Type.Union([
      Type.Literal('controller'),
      Type.Literal('virtualFunction'),
      Type.Literal('assignment'),
    ]),
    id: Type.String(),
  }),
  /** Functions whose use is decided by this operation, and those that it only needs to stay. */
  holds: Type.Object({
    exclusive: Type.Array(Type.String()),
    shared: Type.Array(Type.String()),
  }),
}

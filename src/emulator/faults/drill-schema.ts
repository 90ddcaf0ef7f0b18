/** Faults and machine events as they come from a file, a socket or a journal: checked before they are believed. */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { Value } from 'typebox/value'
import { CALL_KINDS } from '../../host/drills.ts'
import type { CallKind, FaultDescription, MachineEvent } from '../../host/drills.ts'
import { address, mapping, positive } from '../fleet-fields.ts'

const dword = Type.Integer({
  minimum: 0,
  maximum: 0xffffffff,
  description: 'a 32-bit number, as 0x1c',
})

const callKind = Type.Unsafe<CallKind>(
  Type.Union(CALL_KINDS.map((kind) => Type.Literal(kind)))
)

const callMatch = mapping({
  call: Type.Optional(callKind),
  path: Type.Optional(
    Type.String({
      pattern: '^[^\\n]{1,500}$',
      description: 'a glob of a path, as **/sriov_numvfs',
    })
  ),
  text: Type.Optional(Type.String({ maxLength: 4096 })),
  address: Type.Optional(address),
  opcode: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 0xff, description: 'an 8-bit number, as 0x1c' })
  ),
  nsid: Type.Optional(dword),
  cdw10: Type.Optional(dword),
  cdw11: Type.Optional(dword),
  control: Type.Optional(Type.Boolean()),
})

/** A day: longer than any drill. */
const MOST_MS = 24 * 3600 * 1000

const delay = Type.Integer({ minimum: 1, maximum: MOST_MS })

const nvmeStatus = Type.Integer({
  minimum: 1,
  maximum: 0x7fff,
  description: 'an NVMe status of 15 bits, as 0x4006',
})

const faultKind = Type.Union([
  mapping({
    fault: Type.Literal('errno'),
    errno: Type.String({
      pattern: '^E[A-Z0-9]{1,14}$',
      description: 'the name of an errno, as EIO',
    }),
  }),
  mapping({
    fault: Type.Literal('status'),
    status: nvmeStatus,
  }),
  mapping({
    fault: Type.Literal('status-with-effect'),
    status: nvmeStatus,
    ms: delay,
  }),
  mapping({ fault: Type.Literal('without-effect') }),
  mapping({
    fault: Type.Literal('slow'),
    ms: delay,
  }),
  mapping({ fault: Type.Literal('never-returns') }),
])

export const faultSchema = mapping({
  match: callMatch,
  skip: Type.Optional(Type.Integer({ minimum: 0 })),
  times: Type.Optional(positive),
  chance: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  seed: Type.Optional(Type.Integer()),
  kind: faultKind,
})

function happening<E extends MachineEvent['event']>(event: E) {
  return mapping({ event: Type.Literal(event), address })
}

export const machineEventSchema = Type.Union([
  happening('controller-reset'),
  happening('function-reset'),
  happening('surprise-removal'),
  happening('hot-plug'),
  mapping({
    event: Type.Literal('resources-lost'),
    address,
    vfNumber: Type.Optional(positive),
  }),
  mapping({
    event: Type.Literal('reboot'),
    downMs: Type.Optional(Type.Integer({ minimum: 0, maximum: MOST_MS })),
  }),
])

/** What the schemas let through is what the port takes. */
type Same<A, B> = [A, B] extends [B, A] ? true : never
true satisfies Same<Static<typeof faultSchema>, FaultDescription>
true satisfies Same<Static<typeof machineEventSchema>, MachineEvent>

export function isMachineEvent(value: unknown): value is MachineEvent {
  return Value.Check(machineEventSchema, value)
}

/**
 * What is said on an emulator's socket, a JSON line each way: a request with a number, and one reply with the same
 * number; uevents come unasked. Calls go as kernel/wire.ts writes them.
 */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Uevent } from '../../kernel/kernel.ts'
import { faultSchema, machineEventSchema } from '../faults/drill-schema.ts'

const number = Type.Integer({ minimum: 0 })

const source = Type.Union([
  Type.Object({ kind: Type.Literal('blockStat'), path: Type.String() }),
  Type.Object({ kind: Type.Literal('tagsBusy'), path: Type.String() }),
  Type.Object({ kind: Type.Literal('interrupts'), names: Type.Array(Type.String()) }),
  Type.Object({
    kind: Type.Literal('histogram'),
    path: Type.String(),
    trigger: Type.String(),
    buckets: Type.Integer({ minimum: 1 }),
    controllers: Type.Array(Type.Object({ instance: number, queues: number })),
  }),
])

const comingBack = Type.Union([Type.Literal('with-effect'), Type.Literal('without-effect')])

export const askSchema = Type.Union([
  Type.Object({ ask: Type.Literal('hosts') }),
  Type.Object({ ask: Type.Literal('call'), call: Type.Unknown() }),
  Type.Object({ ask: Type.Literal('laneCall'), lane: Type.String(), call: Type.Unknown() }),
  /** The call of a client that has gone, still in flight in that lane. */
  Type.Object({ ask: Type.Literal('inherited'), lane: Type.String() }),
  Type.Object({ ask: Type.Literal('openCounters'), sources: Type.Array(source) }),
  Type.Object({ ask: Type.Literal('readCounters'), reader: number }),
  Type.Object({ ask: Type.Literal('closeCounters'), reader: number }),
  Type.Object({ ask: Type.Literal('watchUevents') }),
  Type.Object({ ask: Type.Literal('arm'), fault: faultSchema }),
  Type.Object({ ask: Type.Literal('armed') }),
  Type.Object({ ask: Type.Literal('takeBack'), id: Type.String(), hanging: comingBack }),
  Type.Object({ ask: Type.Literal('fire'), event: machineEventSchema }),
  Type.Object({ ask: Type.Literal('hanging') }),
  Type.Object({ ask: Type.Literal('release'), how: comingBack }),
  Type.Object({ ask: Type.Literal('snapshot') }),
  Type.Object({ ask: Type.Literal('transcript') }),
  Type.Object({ ask: Type.Literal('hold'), group: number, command: Type.String() }),
  Type.Object({
    ask: Type.Literal('mount'),
    disk: Type.String(),
    mountPoint: Type.String(),
  }),
  /** Ends a hold or a mount. */
  Type.Object({ ask: Type.Literal('end'), id: number }),
])

export type Ask = Static<typeof askSchema>

export const requestSchema = Type.Object({
  id: number,
  /** Name of the host; '' for questions about all. */
  machine: Type.String(),
  ask: askSchema,
})

export type Request = Static<typeof requestSchema>

export type Reply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly refused: RefusedCall }
  /** A bug of the asker or of the emulator, in words. */
  | { readonly id: number; readonly bug: string }

export type RefusedCall = {
  readonly call: string
  readonly path: string
  readonly errno: string
}

export type Push = { readonly machine: string; readonly uevent: Uevent }

/** What is said on the telemetry socket: JSON, one message a frame. Strict: unknown fields are refused. */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { Compile } from 'typebox/compile'
import type { AnyTrouble, Problem } from '../problem.ts'
import { fieldErrors } from '../validation-errors.ts'

const SubscriptionId = Type.String({ minLength: 1, maxLength: 64 })
const Ids = Type.Optional(
  Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 1000 })
)

const Subscribe = Type.Object(
  {
    type: Type.Literal('subscribe'),
    /** Chosen by the client; names the subscription in every answer. */
    id: SubscriptionId,
    hostIds: Ids,
    controllerIds: Ids,
    virtualFunctionIds: Ids,
    periodMs: Type.Integer(),
  },
  { additionalProperties: false }
)

const Unsubscribe = Type.Object(
  { type: Type.Literal('unsubscribe'), id: SubscriptionId },
  { additionalProperties: false }
)

export type SubscribeMessage = Static<typeof Subscribe>
export type ClientMessage = SubscribeMessage | Static<typeof Unsubscribe>

/** Frames are `{type: "frame", id, missed, ...TelemetryFrame}`: see frame-outbox.ts. */
export type ServerMessage =
  | { readonly type: 'subscribed' | 'unsubscribed'; readonly id: string }
  /** `id`: of the subscription that it is about, when it is about one. */
  | { readonly type: 'error'; readonly id?: string; readonly problem: Problem }

/** Names the subscription as far as it could be read, so that the error can. */
export type Unread = { readonly trouble: AnyTrouble; readonly id?: string }

/** When the first message comes: compiling is a good part of a start. */
const compile = () => ({ subscribe: Compile(Subscribe), unsubscribe: Compile(Unsubscribe) })
let validators: ReturnType<typeof compile> | undefined

export function readMessage(data: string): ClientMessage | Unread {
  const value = parseJson(data)
  if (value === undefined) {
    return { trouble: { kind: 'malformed', reason: 'the message is not a JSON object' } }
  }
  const { type, id } = value
  const named = typeof id === 'string' ? { id } : {}
  if (type !== 'subscribe' && type !== 'unsubscribe') {
    const errors = [{ field: 'type', message: 'must be one of subscribe, unsubscribe' }]
    return { trouble: { kind: 'invalid-fields', errors }, ...named }
  }
  const validator = (validators ??= compile())[type]
  if (validator.Check(value)) return value
  const errors = fieldErrors(validator.Errors(value), 'message')
  return { trouble: { kind: 'invalid-fields', errors }, ...named }
}

function parseJson(data: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(data)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined // not JSON: the caller says so
  }
}

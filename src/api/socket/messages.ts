/**
 * What is said on the telemetry socket besides binary frames: JSON, one message a WebSocket message. Strict: unknown fields
 * are refused. asyncapi.yaml describes it for clients.
 */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { METRIC_NAMES, type Metric } from '../../telemetry/metrics.ts'
import type { AnyTrouble, Problem } from '../problem.ts'
import { fieldErrors } from '../validation-errors.ts'
import type { Listing } from './listing.ts'

/** Chosen by the client; names the subscription, or the question, in every answer. */
const Id = Type.String({ minLength: 1, maxLength: 64 })
const Ids = Type.Optional(
  Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 1000 })
)
const scope = {
  fleet: Type.Optional(Type.Boolean()),
  hostIds: Ids,
  controllerIds: Ids,
  virtualFunctionIds: Ids,
}
const MetricName = Type.Unsafe<Metric>({ type: 'string', enum: [...METRIC_NAMES] })
const Format = Type.Unsafe<'json' | 'binary'>({ type: 'string', enum: ['json', 'binary'] })
const wish = {
  ...scope,
  metrics: Type.Optional(Type.Array(MetricName, { minItems: 1, maxItems: 100 })),
  periodMs: Type.Integer(),
  format: Type.Optional(Format),
}
const strict = { additionalProperties: false } as const

const MESSAGES = {
  subscribe: Type.Object({ type: Type.Literal('subscribe'), id: Id, ...wish }, strict),
  change: Type.Object({ type: Type.Literal('change'), id: Id, ...wish }, strict),
  unsubscribe: Type.Object({ type: Type.Literal('unsubscribe'), id: Id }, strict),
  list: Type.Object(
    { type: Type.Literal('list'), id: Id, ...scope, after: Type.Optional(Type.String()) },
    strict
  ),
}

export type SubscribeMessage = Static<typeof MESSAGES.subscribe>
export type ChangeMessage = Static<typeof MESSAGES.change>
export type ListMessage = Static<typeof MESSAGES.list>
export type ClientMessage =
  SubscribeMessage | ChangeMessage | ListMessage | Static<typeof MESSAGES.unsubscribe>

/** Frames come besides: `{type: "frame", channel, ...TelemetryFrame}`, or binary. */
export type ServerMessage =
  /** Frames of it name this channel; other clients may share it. */
  | {
      readonly type: 'subscribed' | 'changed'
      readonly id: string
      readonly channel: number
      readonly metrics: readonly Metric[]
    }
  | { readonly type: 'unsubscribed'; readonly id: string }
  /** Frames of this function that were left out before its next one, since the client was slow. */
  | {
      readonly type: 'missed'
      readonly channel: number
      readonly functionId: string
      readonly count: number
    }
  | ({ readonly type: 'listed'; readonly id: string } & Listing)
  /** `id`: of the message that it is about, as far as it could be read. */
  | { readonly type: 'error'; readonly id?: string; readonly problem: Problem }

/** Names what the message was about as far as it could be read, so that the error can. */
export type Unread = { readonly trouble: AnyTrouble; readonly id?: string }

/** When the first message comes: compiling is a good part of a start. */
const compile = () => ({
  subscribe: Compile(MESSAGES.subscribe),
  change: Compile(MESSAGES.change),
  unsubscribe: Compile(MESSAGES.unsubscribe),
  list: Compile(MESSAGES.list),
})
let validators: ReturnType<typeof compile> | undefined

export function readMessage(data: string): ClientMessage | Unread {
  const value = parseJson(data)
  if (value === undefined) {
    return { trouble: { kind: 'malformed', reason: 'the message is not a JSON object' } }
  }
  const { type, id } = value
  const named = typeof id === 'string' ? { id } : {}
  if (!isKnown(type)) {
    const message = `must be one of ${Object.keys(MESSAGES).join(', ')}`
    return {
      trouble: { kind: 'invalid-fields', errors: [{ field: 'type', message }] },
      ...named,
    }
  }
  const validator = (validators ??= compile())[type]
  if (validator.Check(value)) return value
  const errors = fieldErrors(validator.Errors(value), 'message')
  return { trouble: { kind: 'invalid-fields', errors }, ...named }
}

function isKnown(type: unknown): type is keyof typeof MESSAGES {
  return typeof type === 'string' && Object.hasOwn(MESSAGES, type)
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

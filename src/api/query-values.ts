/**
 * Query strings are text; schemas speak of numbers and lists. What is unmistakably a whole number becomes one, a single
 * value of a list becomes a list of one, and all else stays as it came, for the schema to refuse. Bodies are never coerced.
 */
import type { FastifyRequest } from 'fastify'

type QuerySchema = {
  readonly properties?: Readonly<Record<string, { readonly type?: unknown }>>
}

const WHOLE_NUMBER = /^(?:0|[1-9]\d{0,14})$/

export function coerceQuery(request: FastifyRequest): void {
  const schema = request.routeOptions.schema?.querystring as QuerySchema | undefined
  if (schema?.properties === undefined) return
  const values = request.query as Record<string, unknown>
  for (const [name, { type }] of Object.entries(schema.properties)) {
    const value = values[name]
    if (typeof value !== 'string') continue
    if (type === 'integer' && WHOLE_NUMBER.test(value)) values[name] = Number(value)
    if (type === 'array') values[name] = [value]
  }
}

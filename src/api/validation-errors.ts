/** What a validator found, as fields and messages for the one who sent them. Ajv's errors and typebox's have this form. */
import type { FieldError } from './problem.ts'
import { ofMeantBranches } from './union-errors.ts'

export type SchemaError = {
  /** JSON pointer into what was validated. */
  readonly instancePath: string
  readonly keyword: string
  /** Of a part of a union: `#/properties/kind/anyOf/2/required`. */
  readonly schemaPath?: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message?: string | undefined
}

/** Enough to mend a request by; a body may be wrong in thousands of places. */
const MOST_ERRORS = 20

/** @param context `body`, `querystring`, `headers`, `params`: named when the error is about the whole of it */
export function fieldErrors(errors: readonly SchemaError[], context: string): FieldError[] {
  const telling = ofMeantBranches(errors).filter(
    ({ keyword }) => keyword !== 'anyOf' && keyword !== 'if'
  )
  const seen = new Map<string, FieldError>()
  for (const error of telling.slice(0, MOST_ERRORS)) {
    for (const field of fieldsOf(error, context)) {
      if (!seen.has(field)) seen.set(field, { field, message: messageOf(error) })
    }
  }
  return [...seen.values()]
}

function fieldsOf(
  { instancePath, keyword, params }: SchemaError,
  context: string
): string[] {
  const path = pathOf(instancePath)
  const within = (name: unknown) => (path === '' ? String(name) : `${path}.${String(name)}`)
  if (keyword === 'required') {
    const missing = params['requiredProperties'] ?? [params['missingProperty']]
    return Array.isArray(missing) ? missing.map(within) : []
  }
  if (keyword === 'additionalProperties') {
    const extra = params['additionalProperties'] ?? [params['additionalProperty']]
    return Array.isArray(extra) ? extra.map(within) : []
  }
  return [path === '' ? context : path]
}

function messageOf({ keyword, params, message }: SchemaError): string {
  if (keyword === 'required') return 'is required'
  if (keyword === 'additionalProperties') return 'is not known here'
  if (keyword === 'enum' && Array.isArray(params['allowedValues'])) {
    return `must be one of ${params['allowedValues'].join(', ')}`
  }
  return message ?? 'is not valid'
}

/** `/virtualFunctions/0/ioQueuePairs` is `virtualFunctions[0].ioQueuePairs`. */
function pathOf(pointer: string): string {
  const parts = pointer.split('/').slice(1)
  const names = parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  return names
    .map((name) => (/^\d+$/.test(name) ? `[${name}]` : `.${name}`))
    .join('')
    .replace(/^\./, '')
}

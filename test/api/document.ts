/** The committed OpenAPI document: where each operation is, and whether an answer is what it promises. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'

type Schema = Readonly<Record<string, unknown>>
type Response = {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>
}
type DocumentedOperation = {
  readonly operationId: string
  readonly responses: Readonly<Record<string, Response>>
}
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

export type Operation = {
  readonly id: string
  readonly method: string
  /** `/v1/hosts/{id}`. */
  readonly path: string
  readonly responses: Readonly<Record<string, Response>>
}

export const DOCUMENT_FILE = path.resolve(import.meta.dirname, '../../openapi.yaml')

const document = parse(readFileSync(DOCUMENT_FILE, 'utf8')) as Document

export const operations: readonly Operation[] = Object.entries(document.paths).flatMap(
  ([at, methods]) =>
    Object.entries(methods).map(([method, { operationId: id, responses }]) => ({
      id,
      method,
      path: at,
      responses,
    }))
)

const ajv = new Ajv2020({ strict: false, allErrors: true })
addFormats.default(ajv)
ajv.addSchema({ $id: 'document', components: document.components })
const validators = new Map<string, ValidateFunction>()

export function operation(id: string): Operation {
  const found = operations.find((one) => one.id === id)
  if (!found) throw new Error(`the document has no operation ${id}`)
  return found
}

/** What is wrong with an answer by the document; empty when it is as promised. */
export function deviations(
  { id, responses }: Operation,
  status: number,
  mediaType: string,
  body: unknown
): readonly string[] {
  const promised = responses[String(status)]
  if (!promised) return [`${id} does not document status ${status}`]
  const schema = promised.content?.[mediaType]?.schema
  if (!schema) return [`${id} ${status} does not document ${mediaType}`]
  const validate = validatorOf(schema)
  if (validate(body)) return []
  return (validate.errors ?? []).map(
    ({ instancePath, message }) => `${instancePath} ${message}`
  )
}

function validatorOf(schema: Schema): ValidateFunction {
  const text = JSON.stringify(schema).replaceAll('#/components', 'document#/components')
  const known = validators.get(text) ?? ajv.compile(JSON.parse(text) as Schema)
  validators.set(text, known)
  return known
}

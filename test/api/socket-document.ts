/** The committed AsyncAPI document: whether a message of the telemetry socket is what it promises. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv } from 'ajv'
import type { ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'

type Schema = {
  readonly enum?: readonly string[]
  readonly properties?: { readonly type?: { readonly const?: string } }
}
type Document = {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

export const SOCKET_DOCUMENT_FILE = path.resolve(import.meta.dirname, '../../asyncapi.yaml')

const { components } = parse(readFileSync(SOCKET_DOCUMENT_FILE, 'utf8')) as Document

const ajv = new Ajv({ strict: false, allErrors: true })
addFormats.default(ajv)
ajv.addSchema({ $id: 'socket', components })
const validators = new Map<string, ValidateFunction>()

/** Schemas of messages, by their `type`. */
const MESSAGES = new Map(
  Object.entries(components.schemas).flatMap(([name, { properties }]) => {
    const type = properties?.type?.const
    return type === undefined ? [] : [[type, name] as const]
  })
)

export function valuesOf(schema: string): readonly string[] {
  return components.schemas[schema]?.enum ?? []
}

/** What is wrong with a JSON message by the document; empty when it is as promised. */
export function socketDeviations(message: { readonly type?: unknown }): readonly string[] {
  const name = typeof message.type === 'string' ? MESSAGES.get(message.type) : undefined
  if (name === undefined) return [`there is no message ${JSON.stringify(message.type)}`]
  const validate = validatorOf(name)
  if (validate(message)) return []
  return (validate.errors ?? []).map(
    (error) => `${error.instancePath} ${error.message}: ${JSON.stringify(error.params)}`
  )
}

function validatorOf(name: string): ValidateFunction {
  const known = validators.get(name)
  if (known) return known
  const validate = ajv.compile({ $ref: `socket#/components/schemas/${name}` })
  validators.set(name, validate)
  return validate
}

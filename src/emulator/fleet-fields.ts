/** Kinds of fields that several parts of a machine file have. A description goes on from "must be". */
import { Type } from 'typebox'
import type { TLiteral, TProperties, TSchema } from 'typebox'

/** No field but the known ones: a mistyped name would otherwise be a setting that silently does nothing. */
export function mapping<T extends TProperties>(properties: T) {
  return Type.Object(properties, { additionalProperties: false })
}

export const positive = Type.Integer({ minimum: 1 })
export const count16 = Type.Integer({ minimum: 0, maximum: 65535 })
export const id16 = Type.Integer({
  minimum: 0,
  maximum: 0xffff,
  description: 'a 16-bit number, as 0x144d',
})
export const bit8 = Type.Integer({
  minimum: 0,
  maximum: 0xff,
  description: 'an 8-bit number, as 0x02',
})
/** The spec keeps FFF0h and up. */
export const cntlid = Type.Integer({ minimum: 0, maximum: 0xffef })
export const driverName = Type.String({
  pattern: '^[A-Za-z0-9_-]+$',
  description: 'the name of a driver, as vfio-pci',
})
export const blockDevice = Type.String({
  pattern: '^[A-Za-z0-9_-]+$',
  description: 'the name of a block device, as dm-0',
})
export const path = Type.String({ pattern: '^/', description: 'an absolute path' })
export const label = Type.String({ minLength: 1 })
export const address = Type.String({
  pattern: '^[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]$',
  description: 'a PCI address, as 0000:41:00.0',
})

/** One of these, and nothing else. */
export function oneOf<const T extends readonly (string | number)[]>(values: T) {
  return Type.Union(values.map((value) => Type.Literal(value)) as LiteralsOf<T>)
}

type LiteralsOf<T extends readonly (string | number)[]> = {
  -readonly [K in keyof T]: TLiteral<T[K]>
}

/** One, or a list of them. */
export function someOf<T extends TSchema & { readonly description?: string }>(one: T) {
  const description = `${one.description ?? 'one'}, or a list of such`
  return Type.Union([one, Type.Array(one)], { description })
}

export function hexDigits(length: number) {
  const description = `${length} lower-case hex digits`
  return Type.String({ pattern: `^[0-9a-f]{${length}}$`, description })
}

/** Visible ASCII without blanks at its ends, as a drive pads such text. */
export function driveText(maxLength: number) {
  return Type.String({
    pattern: `^[!-~]([ -~]{0,${maxLength - 2}}[!-~])?$`,
    description: `text of 1 to ${maxLength} ASCII characters without blanks around it`,
  })
}

/** Numbers as the kernel reads them. Source: Linux lib/kstrtox.c. */
import { Refused } from '../refused.ts'

/** kstrtou16 with base 0: decimal, 0x or leading 0; one trailing newline. undefined: not a u16. */
export function parseU16(text: string): number | undefined {
  const value = parseUnsigned(text)
  return value !== undefined && value <= 0xffff ? value : undefined
}

export function parseUnsigned(text: string): number | undefined {
  const digits = text.replace(/\n$/, '').replace(/^\+/, '')
  if (/^0x[0-9a-f]+$/i.test(digits)) return parseInt(digits.slice(2), 16)
  if (/^0[0-7]*$/.test(digits)) return parseInt(digits, 8)
  return /^[1-9][0-9]*$/.test(digits) ? parseInt(digits, 10) : undefined
}

/** kstrtobool: the first letter decides, for `on` and `off` the second. */
export function parseBool(text: string): boolean {
  if (/^(y|1|on)/i.test(text)) return true
  if (/^(n|0|of)/i.test(text)) return false
  throw new Refused('EINVAL')
}

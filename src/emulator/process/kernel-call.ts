/** A kernel call that came from a file or a socket: checked before it is believed. Bytes are bytes again already. */
import type { KernelCall } from '../../kernel/call.ts'

/** @throws Error when the value is no kernel call */
export function kernelCall(value: unknown): KernelCall {
  if (!isCall(value)) throw new Error(`not a kernel call: ${JSON.stringify(value)}`)
  return value
}

const BY_PATH = new Set([
  'read',
  'readLink',
  'readDir',
  'exists',
  'openExclusive',
  'holdDisk',
  'letGoDisk',
  'vfioGroupStatus',
])

function isCall(value: unknown): value is KernelCall {
  if (!hasText(value, 'call')) return false
  switch (value.call) {
    case 'admin':
      return hasText(value, 'device') && 'command' in value && isCommand(value.command)
    case 'write':
      return hasText(value, 'path') && hasText(value, 'text')
    case 'readBytes':
      return hasText(value, 'path') && hasNumber(value, 'length')
    case 'readBlocks':
    case 'writeZeroes':
      return (
        hasText(value, 'path') && hasNumber(value, 'offset') && hasNumber(value, 'length')
      )
    case 'writeBlocks':
      return (
        hasText(value, 'path') &&
        hasNumber(value, 'offset') &&
        fieldOf(value, 'bytes') instanceof Uint8Array
      )
    case 'holders':
      return hasText(value, 'path') && isOptionalTexts(fieldOf(value, 'others'))
    default:
      return hasText(value, 'path') && BY_PATH.has(value.call)
  }
}

const NUMBERS = new Set([
  'opcode',
  'nsid',
  'cdw10',
  'cdw11',
  'cdw12',
  'cdw13',
  'cdw14',
  'dataInLength',
  'timeoutMs',
])

function isCommand(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('opcode' in value)) return false
  return Object.entries(value).every(([name, field]) =>
    name === 'dataOut' ? field instanceof Uint8Array : isNumber(name, field)
  )
}

function isNumber(name: string, field: unknown): boolean {
  return NUMBERS.has(name) && typeof field === 'number'
}

function hasNumber(value: unknown, name: string): boolean {
  const field = fieldOf(value, name)
  return typeof field === 'number' && Number.isSafeInteger(field) && field >= 0
}

function isOptionalTexts(value: unknown): boolean {
  if (value === undefined) return true
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function hasText<N extends string>(value: unknown, name: N): value is Record<N, string> {
  if (typeof value !== 'object' || value === null) return false
  return typeof fieldOf(value, name) === 'string'
}

/** Own properties only: the value may be anything that JSON can say. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, name)?.value
    : undefined
}

/**
 * Which commands a controller has, and what each may change: what the dispatch goes by and the Commands Supported and
 * Effects log tells. Source: NVMe Base 2.1, "Commands Supported and Effects log page".
 */
import { OPCODE } from './opcodes.ts'

/** By opcode: the bits of its Commands Supported and Effects data structure. */
export type CommandTable = ReadonlyMap<number, number>

export const SUPPORTED = 1
/** LBCC. */
export const LOGICAL_BLOCK_CONTENT = 1 << 1
/** NCC. */
export const NAMESPACE_CAPABILITY = 1 << 2
/** NIC. */
export const NAMESPACE_INVENTORY = 1 << 3
/** CCC. */
export const CONTROLLER_CAPABILITY = 1 << 4
/** CSE: no other command while it runs, on no namespace. */
export const ALONE_IN_SUBSYSTEM = 0b010 << 16

/** @param effects by opcode; beside Supported, which all of them get */
export function commandTable(effects: Readonly<Record<number, number>>): CommandTable {
  return new Map(
    Object.entries(effects).map(([opcode, bits]) => [Number(opcode), SUPPORTED | bits])
  )
}

export function without(table: CommandTable, ...opcodes: readonly number[]): CommandTable {
  return new Map([...table].filter(([opcode]) => !opcodes.includes(opcode)))
}

/** What every I/O controller has. */
export const EVERY_CONTROLLERS: Readonly<Record<number, number>> = {
  [OPCODE.deleteSubmissionQueue]: 0,
  [OPCODE.createSubmissionQueue]: 0,
  [OPCODE.getLogPage]: 0,
  [OPCODE.deleteCompletionQueue]: 0,
  [OPCODE.createCompletionQueue]: 0,
  [OPCODE.identify]: 0,
  [OPCODE.abort]: 0,
  [OPCODE.setFeatures]: 0,
  [OPCODE.getFeatures]: 0,
  [OPCODE.asynchronousEventRequest]: 0,
}

/** Flush, write, read, compare, write zeroes, dataset management. */
export const NVM_COMMANDS: Readonly<Record<number, number>> = {
  0x00: LOGICAL_BLOCK_CONTENT,
  0x01: LOGICAL_BLOCK_CONTENT,
  0x02: 0,
  0x05: 0,
  0x08: LOGICAL_BLOCK_CONTENT,
  0x09: LOGICAL_BLOCK_CONTENT,
}

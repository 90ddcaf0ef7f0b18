/**
 * Status codes as the emulated drives complete commands: SC in bits 7:0, SCT in 10:8, Do Not Retry in 14. A device that
 * leaves Do Not Retry out says so in its policy. Source: NVMe Base 2.1, "Status Field"; QEMU include/block/nvme.h.
 */
export const DO_NOT_RETRY = 0x4000

export const SUCCESS = 0
export const INVALID_OPCODE = DO_NOT_RETRY | 0x001
export const INVALID_FIELD = DO_NOT_RETRY | 0x002
export const INVALID_NAMESPACE = DO_NOT_RETRY | 0x00b
export const COMMAND_SEQUENCE = DO_NOT_RETRY | 0x00c
/** It passes. */
export const SANITIZE_IN_PROGRESS = 0x01d
export const INVALID_QUEUE = DO_NOT_RETRY | 0x101
export const EVENT_LIMIT_EXCEEDED = 0x105
export const INVALID_LOG_PAGE = DO_NOT_RETRY | 0x109
export const INVALID_FORMAT = DO_NOT_RETRY | 0x10a
export const FEATURE_NOT_SAVEABLE = DO_NOT_RETRY | 0x10d
export const FEATURE_NOT_CHANGEABLE = DO_NOT_RETRY | 0x10e
export const FEATURE_NOT_OF_NAMESPACE = DO_NOT_RETRY | 0x10f
export const INSUFFICIENT_CAPACITY = DO_NOT_RETRY | 0x115
export const NSID_UNAVAILABLE = DO_NOT_RETRY | 0x116
export const ALREADY_ATTACHED = DO_NOT_RETRY | 0x118
export const NAMESPACE_IS_PRIVATE = DO_NOT_RETRY | 0x119
export const NOT_ATTACHED = DO_NOT_RETRY | 0x11a
export const THIN_PROVISIONING = DO_NOT_RETRY | 0x11b
export const CONTROLLER_LIST_INVALID = DO_NOT_RETRY | 0x11c
export const INVALID_CONTROLLER_ID = DO_NOT_RETRY | 0x11f
export const INVALID_SECONDARY_STATE = DO_NOT_RETRY | 0x120
export const INVALID_RESOURCE_COUNT = DO_NOT_RETRY | 0x121
export const INVALID_RESOURCE_ID = DO_NOT_RETRY | 0x122
export const COMMAND_SETS_REJECTED = DO_NOT_RETRY | 0x12b

/** What a drive answers to one admin command. */
export type Completion = {
  readonly status: number
  /** Completion dword 0. */
  readonly result: number
  readonly data: Uint8Array
}

const NO_DATA = new Uint8Array(0)

export function succeeded(data: Uint8Array = NO_DATA, result = 0): Completion {
  return { status: SUCCESS, result, data }
}

export function failed(status: number, result = 0): Completion {
  return { status, result, data: NO_DATA }
}

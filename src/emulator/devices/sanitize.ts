/**
 * Sanitize (84h): erases the whole subsystem in the background, and meanwhile most commands are refused, on every
 * controller. It goes on through resets. Source: NVMe Base 2.1, "Sanitize command", "Sanitize Operations", "Sanitize Status
 * log page". From documents: QEMU has none.
 */
import type { AdminCommand } from '../../kernel/call.ts'
import type { SanitizeAction } from './device-policy.ts'
import { OPCODE } from './opcodes.ts'
import { SANITIZE_ACTIONS } from './sanitize-actions.ts'
import { failed, INVALID_FIELD, succeeded } from './status.ts'
import type { Completion } from './status.ts'
import type { NvmeController, NvmeSubsystem } from './subsystem.ts'

/** The last Sanitize, running or done. Times since power-on. */
export type SanitizeOperation = {
  readonly cdw10: number
  readonly startedAtMs: number
  readonly endsAtMs: number
}

const EXIT_FAILURE_MODE = 1

export function sanitize(
  { subsystem, policy }: NvmeController,
  { cdw10 = 0 }: AdminCommand,
  nowMs: number
): Completion {
  const action = cdw10 & 7
  // There is no failure to exit from: these drives' operations succeed.
  if (action === EXIT_FAILURE_MODE) return succeeded()
  const named = SANITIZE_ACTIONS.get(action)
  const takesMs = named === undefined ? undefined : policy.erasing.sanitizeMs[named]
  if (takesMs === undefined) return failed(INVALID_FIELD)
  subsystem.sanitize = { cdw10, startedAtMs: nowMs, endsAtMs: nowMs + takesMs }
  return succeeded()
}

export function isSanitizing({ sanitize: last }: NvmeSubsystem, nowMs: number): boolean {
  return last !== undefined && nowMs < last.endsAtMs
}

const ALLOWED_MEANWHILE: ReadonlySet<number> = new Set([
  OPCODE.deleteSubmissionQueue,
  OPCODE.createSubmissionQueue,
  OPCODE.getLogPage,
  OPCODE.deleteCompletionQueue,
  OPCODE.createCompletionQueue,
  OPCODE.identify,
  OPCODE.abort,
  OPCODE.setFeatures,
  OPCODE.getFeatures,
  OPCODE.asynchronousEventRequest,
])

export function isAllowedWhileSanitizing(opcode: number): boolean {
  return ALLOWED_MEANWHILE.has(opcode)
}

const NEVER_SANITIZED = 0
const SANITIZED = 1
const IN_PROGRESS = 2
const WHOLE = 65536
const NO_ESTIMATE = 0xffffffff

/** Offsets of the estimated times, with and without deallocation. */
const ESTIMATES: readonly (readonly [SanitizeAction, number])[] = [
  ['overwrite', 8],
  ['block-erase', 12],
  ['crypto-erase', 16],
]

/** "Global data erased" stays 0, which promises nothing: loads write all the time. */
export function sanitizePage({ subsystem, policy }: NvmeController, nowMs: number): Buffer {
  const page = Buffer.alloc(512)
  const { sanitize: last } = subsystem
  page.writeUInt16LE(progress(last, nowMs), 0)
  page.writeUInt16LE(
    last === undefined ? NEVER_SANITIZED : nowMs < last.endsAtMs ? IN_PROGRESS : SANITIZED,
    2
  )
  page.writeUInt32LE(last?.cdw10 ?? 0, 4)
  for (const [action, at] of ESTIMATES) {
    const ms = policy.erasing.sanitizeMs[action]
    const seconds = ms === undefined ? NO_ESTIMATE : Math.ceil(ms / 1000)
    page.writeUInt32LE(seconds, at)
    page.writeUInt32LE(NO_ESTIMATE, at + 12)
  }
  return page
}

/** SPROG: a fraction of 65536, and FFFFh when nothing runs. */
function progress(last: SanitizeOperation | undefined, nowMs: number): number {
  if (!last || nowMs >= last.endsAtMs) return WHOLE - 1
  const { startedAtMs, endsAtMs } = last
  return Math.floor((WHOLE * (nowMs - startedAtMs)) / (endsAtMs - startedAtMs))
}

/**
 * One admin command on one controller. Not modelled: queues are created and deleted by the driver alone, so those four
 * commands know no queue; and an Asynchronous Event Request, which would wait for ever, is one too many.
 */
import type { AdminCommand } from '../../kernel/call.ts'
import { directiveReceive } from './directives.ts'
import { recordError } from './error-log.ts'
import { getFeatures } from './features.ts'
import { formatNvm } from './format-nvm.ts'
import type { DriveUse } from './health-log.ts'
import { identify } from './identify.ts'
import { getLogPage } from './log-pages.ts'
import { namespaceAttachment } from './namespace-attachment.ts'
import { namespaceManagement } from './namespace-management.ts'
import { OPCODE } from './opcodes.ts'
import { isAllowedWhileSanitizing, isSanitizing, sanitize } from './sanitize.ts'
import { setFeatures } from './set-features.ts'
import {
  DO_NOT_RETRY,
  EVENT_LIMIT_EXCEEDED,
  failed,
  INVALID_FIELD,
  INVALID_OPCODE,
  INVALID_QUEUE,
  SANITIZE_IN_PROGRESS,
  succeeded,
} from './status.ts'
import type { Completion } from './status.ts'
import { ioQueuePairs } from './subsystem.ts'
import type { NvmeController } from './subsystem.ts'
import { virtualizationManagement } from './virtualization-management.ts'

export function adminCommand(
  controller: NvmeController,
  command: AdminCommand,
  use: DriveUse
): Completion {
  const { policy } = controller
  const completion = perform(controller, command, use)
  if (completion.status === 0) return completion
  const status = policy.doNotRetry ? completion.status : completion.status & ~DO_NOT_RETRY
  recordError(controller, command, status)
  return { ...completion, status }
}

function perform(
  controller: NvmeController,
  command: AdminCommand,
  use: DriveUse
): Completion {
  const { policy, kind, subsystem } = controller
  const { opcode } = command
  if (!policy.commands[kind].has(opcode)) return failed(INVALID_OPCODE)
  if (isSanitizing(subsystem, use.poweredOnMs) && !isAllowedWhileSanitizing(opcode))
    return failed(SANITIZE_IN_PROGRESS)
  switch (opcode) {
    case OPCODE.getLogPage:
      return getLogPage(controller, command, use)
    case OPCODE.identify:
      return identify(controller, command)
    case OPCODE.abort:
      return abort(controller, command)
    case OPCODE.setFeatures:
      return setFeatures(controller, command)
    case OPCODE.getFeatures:
      return getFeatures(controller, command, use.poweredOnMs)
    case OPCODE.asynchronousEventRequest:
      return failed(EVENT_LIMIT_EXCEEDED)
    case OPCODE.namespaceManagement:
      return namespaceManagement(controller, command)
    case OPCODE.namespaceAttachment:
      return namespaceAttachment(controller, command)
    case OPCODE.directiveReceive:
      return directiveReceive(controller, command)
    case OPCODE.virtualizationManagement:
      return virtualizationManagement(controller, command)
    case OPCODE.doorbellBufferConfig:
      return succeeded()
    case OPCODE.formatNvm:
      return formatNvm(controller, command)
    case OPCODE.sanitize:
      return sanitize(controller, command, use.poweredOnMs)
    case OPCODE.directiveSend:
      return failed(INVALID_FIELD)
    default:
      return failed(INVALID_QUEUE)
  }
}

const NOT_ABORTED = 1

/** Every command has completed when an Abort arrives. Source: QEMU nvme_abort. */
function abort(controller: NvmeController, { cdw10 = 0 }: AdminCommand): Completion {
  const queue = cdw10 & 0xffff
  return queue > ioQueuePairs(controller)
    ? failed(INVALID_FIELD, NOT_ABORTED)
    : succeeded(undefined, NOT_ABORTED)
}

/** The calls of the kernel seam on one emulated Linux: which errno for which state, and the effect. */
import type {
  AdminAnswer,
  AdminCommand,
  KernelAnswers,
  KernelCall,
} from '../kernel/call.ts'
import { KernelError } from '../kernel/kernel-error.ts'
import { adminIoctl } from './admin-ioctl.ts'
import { isControl } from './call-kinds.ts'
import { formatMs } from './devices/format-nvm.ts'
import { OPCODE } from './devices/opcodes.ts'
import type { NvmeController } from './devices/subsystem.ts'
import { diskCall } from './held-disks.ts'
import type { EmulatedLinux } from './linux.ts'
import { cancelled } from './nvme-driver/drive-changes.ts'
import type { HostController } from './nvme-driver/host-controller.ts'
import { respondsTo } from './pci/pci-function.ts'
import { exclusiveOpen } from './open-disks.ts'
import { holdersOf, vfioGroupStatus } from './open-files.ts'
import { Refused } from './refused.ts'
import type { Directory, File } from './sysfs/node.ts'
import { machineRoot } from './sysfs/root.ts'
import { find, linkText } from './sysfs/walk.ts'

export type AnyAnswer = KernelAnswers[KernelCall['call']]

export type SystemCalls = {
  /**
   * @param accepted called when the call cannot fail any more but has to wait, for a guest to let go
   * @throws {KernelError}
   */
  readonly perform: (call: KernelCall, accepted: () => void) => Promise<AnyAnswer>
  /**
   * Answers a question at once, which most of a scan is; undefined: it has to wait, or is none.
   *
   * @throws {KernelError}
   */
  readonly answerNow: (call: KernelCall) => AnyAnswer | undefined
}

export function systemCalls(linux: EmulatedLinux): SystemCalls {
  const root = machineRoot(linux)
  return {
    perform: async (call, accepted) => {
      try {
        return await performOn(linux, root, call, accepted)
      } catch (error) {
        throw asKernelError(call, error)
      }
    },
    answerNow: (call) => {
      try {
        return answerOn(linux, root, call)
      } catch (error) {
        throw asKernelError(call, error)
      }
    },
  }
}

function asKernelError(call: KernelCall, error: unknown): unknown {
  return error instanceof Refused
    ? new KernelError(call.call, pathOf(call), error.errno)
    : error
}

export function pathOf(call: KernelCall): string {
  return call.call === 'admin' ? call.device : call.path
}

async function performOn(
  linux: EmulatedLinux,
  root: Directory,
  call: KernelCall,
  accepted: () => void
): Promise<AnyAnswer> {
  switch (call.call) {
    case 'read':
    case 'readBytes':
      return asAsked(call, await read(linux, root, call.path))
    case 'write':
      return write(root, call.path, call.text, accepted)
    case 'admin':
      return admin(linux, call)
    case 'openExclusive':
      return exclusiveOpen(linux, root, call.path)
    case 'holdDisk':
    case 'letGoDisk':
    case 'readBlocks':
    case 'writeBlocks':
    case 'writeZeroes':
      return diskCall(linux, call)
    case 'vfioGroupStatus':
      return vfioGroupStatus(linux, call.path)
    case 'readLink':
    case 'readDir':
    case 'exists':
    case 'holders':
      return answerOn(linux, root, call) ?? null
  }
}

function answerOn(
  linux: EmulatedLinux,
  root: Directory,
  call: KernelCall
): AnyAnswer | undefined {
  switch (call.call) {
    case 'read':
    case 'readBytes': {
      const file = fileAt(root, call.path)
      const waits = file.lock && !linux.locks.isFree(file.lock.address)
      return waits ? undefined : asAsked(call, contentOf(file))
    }
    case 'readLink':
      return readLink(root, call.path)
    case 'readDir':
      return readDir(root, call.path)
    case 'exists':
      return exists(root, call.path)
    case 'holders':
      return holdersOf(linux, [call.path, ...(call.others ?? [])])
    case 'admin': {
      const controller = controllerAt(linux, call.device)
      const serves = controller?.state === 'live' && respondsTo(controller.fn)
      return serves && !isControl(call) ? adminIoctl(linux, call) : undefined
    }
    case 'write':
    case 'openExclusive':
    case 'holdDisk':
    case 'letGoDisk':
    case 'readBlocks':
    case 'writeBlocks':
    case 'writeZeroes':
    case 'vfioGroupStatus':
      return undefined
  }
}

type Reading = KernelCall & { readonly call: 'read' | 'readBytes' }

function asAsked(call: Reading, content: string | Uint8Array): string | Uint8Array {
  const isText = typeof content === 'string'
  if (call.call === 'read') return isText ? content : Buffer.from(content).toString()
  return (isText ? Buffer.from(content) : content).subarray(0, call.length)
}

/**
 * A controller that is not live cannot be opened (nvme_dev_open); one that does not answer lets the command wait for the
 * driver's timeout, which cancels it and resets the controller (nvme_timeout).
 */
async function admin(
  linux: EmulatedLinux,
  call: KernelCall & { readonly call: 'admin' }
): Promise<AdminAnswer> {
  const controller = controllerAt(linux, call.device)
  if (!controller) return adminIoctl(linux, call)
  if (controller.state !== 'live') throw new Refused('EAGAIN')
  if (respondsTo(controller.fn)) {
    await formatted(linux, controller.fn.controller, call.command)
    return adminIoctl(linux, call)
  }
  await cancelled(linux, controller)
  throw new Refused('EINTR')
}

/** The ioctl comes back when the Format has ended: the one command that takes long. */
async function formatted(
  linux: EmulatedLinux,
  controller: NvmeController,
  command: AdminCommand
): Promise<void> {
  if (command.opcode !== OPCODE.formatNvm) return
  await linux.time.pause(linux.timing.formatShare * formatMs(controller, command))
}

function controllerAt(linux: EmulatedLinux, device: string): HostController | undefined {
  const instance = /^\/dev\/nvme(\d+)$/.exec(device)?.[1]
  return instance === undefined ? undefined : linux.controllers.get(Number(instance))
}

async function read(linux: EmulatedLinux, root: Directory, path: string) {
  const file = fileAt(root, path)
  if (!file.lock) return contentOf(file)
  await linux.locks.hold(file.lock.address, async () => {})
  return contentOf(afterWaiting(root, path))
}

function contentOf(file: File): string | Uint8Array {
  if (!file.read) throw new Refused('EACCES')
  return file.read()
}

/** A device that went while somebody waited for its lock. Source: Linux fs/kernfs/file.c, kernfs_get_active. */
function afterWaiting(root: Directory, path: string): File {
  try {
    return fileAt(root, path)
  } catch {
    throw new Refused('ENODEV')
  }
}

function fileAt(root: Directory, path: string): File {
  const { node } = find(root, path, 'follow')
  if (node.kind !== 'file') throw new Refused('EISDIR')
  return node
}

function readLink(root: Directory, path: string): string {
  const found = find(root, path, 'keep')
  if (found.node.kind !== 'link') throw new Refused('EINVAL')
  return linkText(found.trail, found.node)
}

function readDir(root: Directory, path: string): readonly string[] {
  const { node } = find(root, path, 'follow')
  if (node.kind !== 'directory') throw new Refused('ENOTDIR')
  const entries = node.entries()
  return Object.keys(entries)
    .filter((name) => entries[name])
    .sort()
}

function exists(root: Directory, path: string): boolean {
  try {
    find(root, path, 'follow')
    return true
  } catch (error) {
    if (error instanceof Refused) return false
    throw error
  }
}

/** A write of nothing never reaches the attribute. */
async function write(
  root: Directory,
  path: string,
  text: string,
  accepted: () => void
): Promise<null> {
  const file = fileAt(root, path)
  if (!file.write) throw new Refused('EACCES')
  if (text !== '') await file.write(text, accepted)
  return null
}

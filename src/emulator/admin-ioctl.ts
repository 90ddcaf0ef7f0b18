/**
 * NVME_IOCTL_ADMIN_CMD on a controller that answers. Whatever is sent goes to the drive; what nvirt may send is the real
 * kernel's list (kernel/admin-ioctl.ts). Source: Linux drivers/nvme/host/ioctl.c, core.c (nvme_dev_open).
 */
import type { AdminAnswer, KernelCall } from '../kernel/call.ts'
import { adminCommand } from './devices/admin-command.ts'
import type { ServedIo } from './devices/health-log.ts'
import { mayChangeTheDrive } from './devices/opcodes.ts'
import type { NvmeNamespace } from './devices/subsystem.ts'
import type { EmulatedLinux } from './linux.ts'
import { READ_SECTORS, WRITE_SECTORS } from './load/load-meter.ts'
import { controllerName } from './nvme-driver/host-controller.ts'
import { noticeDrives } from './nvme-driver/drive-changes.ts'
import { Refused } from './refused.ts'
import { SECTOR } from './sysfs/disk-files.ts'

export function adminIoctl(
  linux: EmulatedLinux,
  { device, command }: KernelCall & { readonly call: 'admin' }
): AdminAnswer {
  const host = [...linux.controllers.values()].find(
    (one) => `/dev/${controllerName(one)}` === device
  )
  if (!host) throw new Refused(isDisk(linux, device) ? 'ENOTTY' : 'ENOENT')
  const controller = host.fn.controller
  if (!controller) throw new Error(`${device} has no NVMe controller behind it`)
  host.admin++
  const { status, result, data } = adminCommand(controller, command, {
    poweredOnMs: linux.poweredOnMs(),
    served: (namespace) => servedOn(linux, namespace),
  })
  if (mayChangeTheDrive(command.opcode)) noticeDrives(linux)
  return { status, result, data: ofLength(data, command.dataInLength ?? 0) }
}

/** Made for this command, so it may be handed out as it is. */
function ofLength(data: Uint8Array, length: number): Uint8Array {
  if (data.length === length) return data
  const answer = Buffer.alloc(length)
  answer.set(data.subarray(0, length))
  return answer
}

function isDisk(linux: EmulatedLinux, device: string): boolean {
  return linux.disks.has(device.replace(/^\/dev\//, ''))
}

/** By every function that drives the namespace now, and by those that did. */
function servedOn(linux: EmulatedLinux, namespace: NvmeNamespace): ServedIo {
  const guests = [...linux.holds.values()].flatMap((hold) => hold.guests)
  const meters = [...linux.controllers.values(), ...guests].map(({ meter }) => meter)
  let { reads, writes } = namespace.served
  for (const meter of meters) {
    const now = meter.served(namespace, linux.uptimeMs())
    reads += now.reads
    writes += now.writes
  }
  const readBytes = reads * READ_SECTORS * SECTOR
  return { reads, writes, readBytes, writtenBytes: writes * WRITE_SECTORS * SECTOR }
}

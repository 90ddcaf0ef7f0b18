/**
 * The kernel's uevents, from a netlink socket: no udev, no package. One socket for all listeners, open while there are
 * any, and read when it has something to say. Who reads too slowly is told ENOBUFS, and must look at everything.
 *
 * Source: Linux include/uapi/linux/netlink.h; libudev's monitor for the size of the buffer and the check of the sender.
 */
import { closeSync } from 'node:fs'
import { KernelError } from './kernel-error.ts'
import type { Uevent } from './kernel.ts'
import { libc } from './libc.ts'
import { UEVENTS_LOST, parseUevent } from './uevent-message.ts'

const AF_NETLINK = 16
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const NETLINK_KOBJECT_UEVENT = 15
/** Multicast group of the kernel's own messages; udev repeats them in group 2. */
const KERNEL_GROUP = 1
const SOL_SOCKET = 1
const SO_RCVBUF = 8
const SO_RCVBUFFORCE = 33
/** Enabling 64 VFs at once sends some hundred messages, each charged with a few kilobytes. */
const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024
/** struct sockaddr_nl: u16 family, u16 pad, u32 pid, u32 groups. */
const ADDRESS_BYTES = 12
const ADDRESS = { family: 0, pid: 4, groups: 8 }
/** UEVENT_BUFFER_SIZE is 2 KiB; the head comes on top. */
const MESSAGE_BYTES = 8 * 1024

export type Uevents = {
  /** @throws {KernelError} no such socket here (a network namespace of its own hears nothing, but does not fail) */
  readonly watch: (onUevent: (uevent: Uevent) => void) => () => void
  readonly close: () => void
}

/** @param protocol of netlink, where it is not the kernel's uevents: those are not for everybody to send */
export function kernelUevents(protocol = NETLINK_KOBJECT_UEVENT): Uevents {
  const listeners = new Set<(uevent: Uevent) => void>()
  let stop: (() => void) | undefined

  const tell = (uevent: Uevent) => {
    for (const listener of listeners) listener(uevent)
  }

  function watch(onUevent: (uevent: Uevent) => void): () => void {
    stop ??= listen(protocol, tell)
    const listener = (uevent: Uevent) => onUevent(uevent)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) close()
    }
  }

  function close(): void {
    listeners.clear()
    stop?.()
    stop = undefined
  }

  return { watch, close }
}

function listen(protocol: number, tell: (uevent: Uevent) => void): () => void {
  const fd = openSocket(protocol)
  const stop = libc().whenReadable(fd, () => drain(fd, tell))
  return () => {
    stop()
    closeSync(fd)
  }
}

function openSocket(protocol: number): number {
  const type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC
  const fd = libc().socket(AF_NETLINK, type, protocol)
  if (fd < 0) throw failed('socket')
  enlargeBuffer(fd)
  const address = Buffer.alloc(ADDRESS_BYTES)
  address.writeUInt16LE(AF_NETLINK, ADDRESS.family)
  address.writeUInt32LE(KERNEL_GROUP, ADDRESS.groups)
  if (libc().bind(fd, address, address.length) === 0) return fd
  const error = failed('bind')
  closeSync(fd)
  throw error
}

/** Beyond the system's limit only with CAP_NET_ADMIN; without it as much as the limit allows. */
function enlargeBuffer(fd: number): void {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(RECEIVE_BUFFER_BYTES)
  const set = (option: number) =>
    libc().setsockopt(fd, SOL_SOCKET, option, bytes, bytes.length)
  if (set(SO_RCVBUFFORCE) < 0) set(SO_RCVBUF)
}

const message = Buffer.allocUnsafeSlow(MESSAGE_BYTES)
const sender = Buffer.alloc(ADDRESS_BYTES)
const senderLength = Buffer.alloc(4)

function drain(fd: number, tell: (uevent: Uevent) => void): void {
  for (;;) {
    senderLength.writeUInt32LE(ADDRESS_BYTES)
    const length = libc().recvfrom(fd, message, message.length, 0, sender, senderLength)
    if (length >= 0) {
      const uevent = fromKernel()
        ? parseUevent(message.toString('utf8', 0, length))
        : undefined
      if (uevent) tell(uevent)
      continue
    }
    const errno = libc().errno()
    if (errno === 'ENOBUFS') tell(UEVENTS_LOST)
    else if (errno !== 'EINTR') return // EAGAIN: nothing more for now
  }
}

/** Processes with the right privilege can send to the group too; the kernel is port 0. */
function fromKernel(): boolean {
  return sender.readUInt32LE(ADDRESS.pid) === 0
}

function failed(call: string): KernelError {
  return new KernelError(call, 'netlink uevents', libc().errno())
}

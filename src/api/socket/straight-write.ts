/**
 * Hands bytes to the system at once, by send(2) on the stream's descriptor: a stream's `write` costs as much again as the
 * system call for each of a thousand clients. Only where nothing waits in the stream, so that order is kept; what the
 * system does not take, and every failure, is the stream's to deal with. A copy of what Node's own stream does first, and
 * then does without: where there is no descriptor, or no koffi, nothing is taken.
 */
import { createRequire } from 'node:module'

/** Source: Linux include/linux/socket.h. A peer that has gone is an error of the stream, not a signal. */
const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000

type Send = (fd: number, bytes: Uint8Array, length: number, flags: number) => number

let send: Send | undefined

/** Of a stream that is closed, or is no socket. */
export const NO_DESCRIPTOR = -1

/**
 * @param fd as `descriptorOf` says
 * @returns how many bytes the system has taken; 0 when it cannot, or may not, be asked
 */
export function straightWrite(fd: number, bytes: Uint8Array): number {
  if (fd === NO_DESCRIPTOR) return 0
  send ??= load()
  return Math.max(0, send(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL))
}

/** Another one, or none, as soon as the stream is closed, and before its descriptor can be another's. */
export function handleOf(stream: object): unknown {
  const { _handle: handle }: { readonly _handle?: unknown } = stream
  return handle
}

/** Node has no other way to ask for it. A call into Node each time: to be kept for as long as the stream has this handle. */
export function descriptorOf(handle: unknown): number {
  const hasFd = typeof handle === 'object' && handle !== null && 'fd' in handle
  return hasFd && typeof handle.fd === 'number' ? handle.fd : NO_DESCRIPTOR
}

/** On first use: it costs 10 ms. */
function load(): Send {
  try {
    // oxlint-disable-next-line typescript/consistent-type-imports -- names the type of a module that is loaded by require
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi').default
    const c = koffi.load(null)
    return c.func('long send(int fd, const void *bytes, unsigned long length, int flags)')
  } catch {
    return () => 0 // built for another system: the stream does it all
  }
}

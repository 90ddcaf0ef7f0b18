/** Runs work in a function's lane, and turns what stops it into a report or a typed failure. */
import type { Clock } from '../clock.ts'
import type { BlockedReport } from '../host/change.ts'
import { HostDriverError } from '../host/driver.ts'
import { KernelError } from '../kernel/kernel-error.ts'
import type { Kernel, LaneKey } from '../kernel/kernel.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import { blockedReport } from './blocked-report.ts'
import { laneKeyOf, type Kinships } from './kinship.ts'
import {
  LaneBlocked,
  laneSession,
  type LaneSession,
  type SessionOptions,
} from './lane-session.ts'
import { functionExists } from './pci-function.ts'

/** What every part of the driver works with. */
export type LinuxHost = {
  readonly kernel: Kernel
  readonly clock: Clock
  readonly kinships: Kinships
}

export type InLane<T> =
  | { readonly blocked: false; readonly value: T }
  | { readonly blocked: true; readonly report: BlockedReport }

/** `erase`: beside the function's own, for what takes long and no lock of the device. */
export type LaneOf = 'function' | 'erase'

/**
 * @param doing what the work is, for the message of its failure
 * @throws {HostDriverError} gone, kernel-refused, or what the work throws
 */
export async function inLaneOf<T>(
  host: LinuxHost,
  fn: PciAddress,
  doing: string,
  options: SessionOptions & { readonly lane?: LaneOf },
  work: (session: LaneSession) => Promise<T>
): Promise<InLane<T>> {
  return explaining(host.kernel, fn, doing, async () => {
    if (!(await functionExists(host.kernel, fn))) throw gone(doing, fn)
    const key = laneKeyOf(fn, await host.kinships.of(fn))
    if (key === null) throw gone(doing, fn) // being removed, and its primary unknown
    const lane = options.lane === 'erase' ? `${key}-erase` : key
    return runIn(host, lane, options, work)
  })
}

/**
 * The same in a lane that belongs to no function.
 *
 * @throws {HostDriverError} kernel-refused, or what the work throws
 */
export async function inLane<T>(
  host: LinuxHost,
  key: LaneKey,
  doing: string,
  options: SessionOptions,
  work: (session: LaneSession) => Promise<T>
): Promise<InLane<T>> {
  try {
    return await runIn(host, key, options, work)
  } catch (cause) {
    throw cause instanceof KernelError ? refused(doing, cause) : cause
  }
}

async function runIn<T>(
  host: LinuxHost,
  key: LaneKey,
  options: SessionOptions,
  work: (session: LaneSession) => Promise<T>
): Promise<InLane<T>> {
  try {
    // Work that finds nothing to do must not pass by a call that still hangs: that call may yet take effect.
    const hanging = await host.kernel.lane(key).blockedBy()
    if (hanging) throw new LaneBlocked(key, hanging)
    const value = await work(laneSession(host.kernel, key, options))
    return { blocked: false, value }
  } catch (cause) {
    if (!(cause instanceof LaneBlocked)) throw cause
    return { blocked: true, report: await blockedReport(host, cause) }
  }
}

/** Gives a kernel's refusal its type. A bug goes through as it is. */
export async function explaining<T>(
  kernel: Kernel,
  fn: PciAddress,
  doing: string,
  work: () => Promise<T>
): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof KernelError)) throw cause
    const absent = ['ENOENT', 'ENODEV', 'ENXIO'].includes(cause.errno)
    if (absent && !(await functionExists(kernel, fn))) throw gone(doing, fn, cause)
    throw refused(doing, cause)
  }
}

export function refused(doing: string, cause: KernelError): HostDriverError {
  return new HostDriverError(doing, { kind: 'kernel-refused', errno: cause.errno }, cause)
}

function gone(doing: string, fn: PciAddress, cause?: KernelError): HostDriverError {
  return new HostDriverError(doing, { kind: 'gone', what: fn }, cause)
}

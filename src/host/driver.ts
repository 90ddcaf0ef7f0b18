/** The port: what nvirt can do with a host. One implementation, `linux/`, over two kernels. */
import type { PciAddress } from '../nvme/pci-address.ts'
import type { ApplyContext, ChangeOutcome, HostChange } from './change.ts'
import type { HostFrame, NoTracing } from './frame.ts'
import type { HostFacts, HostObservation } from './observation.ts'
import type { Found, KernelWrite } from './preview.ts'
import type { HostQuery, HostReply } from './query.ts'

export interface HostDriver {
  /** @throws {HostDriverError} when the host's own files cannot be read. */
  facts: () => Promise<HostFacts>
  /** Everything at once. A function whose lane hangs is still listed, marked `blocked`. */
  scan: () => Promise<HostObservation>
  /** @throws {HostDriverError} gone, kernel-refused, nvme-refused */
  ask: <Q extends HostQuery>(query: Q) => Promise<HostReply<Q>>
  /** Safe to repeat. @throws {HostDriverError} */
  apply: (change: HostChange, context: ApplyContext) => Promise<ChangeOutcome>
  /**
   * What `apply` would write where that is found, in order. Touches nothing, and waits for no lock.
   *
   * @throws {HostDriverError} controller-not-live, driver-did-not-bind
   */
  preview: (change: HostChange, found: Found) => Promise<readonly KernelWrite[]>
  /**
   * Pushes a frame for each function every `periodMs`, until the returned function is called. What goes wrong with one
   * of them, a throw of `onFrame` included, goes to `onTrouble`: once, until that function has a frame again.
   *
   * With `trace` the kernel counts commands and latencies while there is such a watch, and a moment longer. Frames do not wait
   * for it; a host that cannot has frames without them, which say why.
   */
  watch: (
    functions: readonly PciAddress[],
    periodMs: number,
    onFrame: (frame: HostFrame) => void,
    onTrouble: (trouble: unknown) => void,
    detail?: WatchDetail
  ) => Promise<() => Promise<void>>
  /** Something about PCI, NVMe or block devices changed on the host. Debounced by the caller. */
  onUevent: (listener: (what: string) => void) => Promise<() => Promise<void>>
  close: () => Promise<void>
}

/** Default: nothing of it. */
export type WatchDetail = { readonly trace: boolean }

/** What the kernel or the drive would not do. Messages and remedies are made where they are shown. */
export type HostFailure =
  | { readonly kind: 'gone'; readonly what: string }
  | { readonly kind: 'kernel-refused'; readonly errno: string }
  /** NVMe status, 15 bits without DNR; what it means where its name says little. */
  | {
      readonly kind: 'nvme-refused'
      readonly status: number
      readonly statusName: string
      readonly meaning?: string
    }
  | { readonly kind: 'too-many-vfs'; readonly requested: number }
  | { readonly kind: 'vfs-already-enabled' }
  | { readonly kind: 'no-sriov-driver' }
  /** The kernel would reset the function in another way, or not at all: its reset methods, in the order of its trying. */
  | { readonly kind: 'no-function-level-reset'; readonly methods: string | null }
  | {
      readonly kind: 'driver-did-not-bind'
      readonly expected: string
      readonly found: string | null
    }
  | { readonly kind: 'controller-not-live'; readonly state: string | null }
  /** The call succeeded, and the machine is not as it should be. */
  | { readonly kind: 'no-effect'; readonly expected: string; readonly found: string }
  | { readonly kind: 'no-tracing'; readonly why: NoTracing }
  /** A later owner of this operation has already written. */
  | { readonly kind: 'stale-fence' }

export class HostDriverError extends Error {
  readonly failure: HostFailure

  constructor(doing: string, failure: HostFailure, cause?: unknown) {
    super(doing, cause === undefined ? undefined : { cause })
    this.name = 'HostDriverError'
    this.failure = failure
  }
}

/** Failures that may pass by themselves: worth another try after the commit step. */
export function isTransient(failure: HostFailure): boolean {
  switch (failure.kind) {
    case 'kernel-refused':
      return ['EAGAIN', 'EBUSY', 'EINTR', 'EIO', 'ETIMEDOUT', 'ENETRESET'].includes(
        failure.errno
      )
    case 'driver-did-not-bind':
    case 'controller-not-live':
    case 'no-effect':
      return true
    case 'nvme-refused':
    case 'gone':
    case 'too-many-vfs':
    case 'vfs-already-enabled':
    case 'no-sriov-driver':
    case 'no-function-level-reset':
    case 'no-tracing':
    case 'stale-fence':
      return false
  }
}

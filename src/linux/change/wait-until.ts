/** Waiting for what the kernel finishes after a write has returned: a controller that is being set up. */
import type { Clock } from '../../clock.ts'
import { HostDriverError, type HostFailure } from '../../host/driver.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { controllerNameOf, controllerStateOf } from '../nvme-controller.ts'

export type Waiting = { readonly clock: Clock; readonly withinMs: number }

const POLL_MS = 20

/**
 * A controller may take as long to get ready as its CAP.TO says: 255 times 500 ms at most. A driver that waits for it has not
 * failed, and Linux gives up by itself. Source: NVMe Base 2.1, "Controller Capabilities"; Linux drivers/nvme/host/core.c,
 * nvme_wait_ready.
 */
const GETS_READY_MS = 130_000
const GETTING_READY: readonly (string | null)[] = ['new', 'connecting', 'resetting']

/** @throws {HostDriverError} what is still missing when the time is over, or when it is hopeless */
export async function waitUntil(
  doing: string,
  whatIsMissing: () => Promise<HostFailure | undefined>,
  { clock, withinMs }: Waiting,
  isHopeless: (missing: HostFailure) => boolean = () => false
): Promise<void> {
  const begun = clock.monotonicMs()
  for (;;) {
    const missing = await whatIsMissing()
    if (missing === undefined) return
    const limit = isGettingReady(missing) ? Math.max(withinMs, GETS_READY_MS) : withinMs
    if (isHopeless(missing) || clock.monotonicMs() >= begun + limit) {
      throw new HostDriverError(doing, missing)
    }
    await clock.sleep(POLL_MS)
  }
}

function isGettingReady(missing: HostFailure): boolean {
  return missing.kind === 'controller-not-live' && GETTING_READY.includes(missing.state)
}

/** undefined: the nvme driver has the function, and its controller is live. */
export async function notLive(
  kernel: Kernel,
  fn: PciAddress
): Promise<HostFailure | undefined> {
  const name = await controllerNameOf(kernel, fn)
  const state = name === null ? null : await controllerStateOf(kernel, name)
  return state === 'live' ? undefined : { kind: 'controller-not-live', state }
}

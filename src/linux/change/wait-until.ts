/** Waiting for what the kernel finishes after a write has returned: a controller that is being set up. */
import type { Clock } from '../../clock.ts'
import { HostDriverError, type HostFailure } from '../../host/driver.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { controllerNameOf, controllerStateOf } from '../nvme-controller.ts'

export type Waiting = { readonly clock: Clock; readonly withinMs: number }

const POLL_MS = 20

/** @throws {HostDriverError} what is still missing when the time is over, or when it is hopeless */
export async function waitUntil(
  doing: string,
  whatIsMissing: () => Promise<HostFailure | undefined>,
  { clock, withinMs }: Waiting,
  isHopeless: (missing: HostFailure) => boolean = () => false
): Promise<void> {
  const until = clock.monotonicMs() + withinMs
  for (;;) {
    const missing = await whatIsMissing()
    if (missing === undefined) return
    if (isHopeless(missing) || clock.monotonicMs() >= until) {
      throw new HostDriverError(doing, missing)
    }
    await clock.sleep(POLL_MS)
  }
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

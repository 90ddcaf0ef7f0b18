/** One subscription to the kernel's uevents, shared by whoever listens. */
import type { Kernel, Uevent } from '../kernel/kernel.ts'
import { UEVENTS_LOST } from '../kernel/uevent-message.ts'

/** What concerns us of all that changes on a host. */
const SUBSYSTEMS: readonly string[] = ['pci', 'nvme', 'nvme-subsystem', 'block', 'vfio']

export interface Uevents {
  listen: (listener: (uevent: Uevent) => void) => Promise<() => Promise<void>>
}

export function createUevents(kernel: Kernel): Uevents {
  const listeners = new Set<(uevent: Uevent) => void>()
  let subscription: Promise<() => Promise<void>> | undefined

  async function listen(listener: (uevent: Uevent) => void) {
    const own = (uevent: Uevent) => listener(uevent) // a listener may come twice
    listeners.add(own)
    subscription ??= kernel.watchUevents(tell)
    const subscribed = subscription
    try {
      await subscribed
    } catch (cause) {
      listeners.delete(own)
      if (subscription === subscribed) subscription = undefined
      throw cause
    }
    return () => leave(own)
  }

  function tell(uevent: Uevent): void {
    if (!concernsUs(uevent)) return
    for (const listener of listeners) listener(uevent)
  }

  async function leave(own: (uevent: Uevent) => void): Promise<void> {
    if (!listeners.delete(own) || listeners.size > 0) return
    const stop = await subscription
    // Somebody may have come while we waited.
    if (listeners.size > 0) return
    subscription = undefined
    await stop?.()
  }

  return { listen }
}

/** What was lost may have been of any subsystem. */
function concernsUs({ action, subsystem }: Uevent): boolean {
  return action === UEVENTS_LOST.action || SUBSYSTEMS.includes(subsystem)
}

/**
 * The device locks that make calls wait for each other (struct device's mutex, and pci_rescan_remove_lock). Each is
 * taken in the order of asking, as a mutex is.
 */
export interface DeviceLocks {
  /** Runs `body` alone under that name. */
  hold: <T>(name: string, body: () => Promise<T>) => Promise<T>
  /** Nobody has it or waits for it. */
  isFree: (name: string) => boolean
}

/** The lock of hot-plug: removing VFs takes it, and so does a bus rescan. */
export const RESCAN_REMOVE = 'rescan-remove'

export function deviceLocks(): DeviceLocks {
  const tails = new Map<string, Promise<void>>()
  return {
    isFree: (name) => !tails.has(name),
    hold: async (name, body) => {
      const before = tails.get(name)
      let release: () => void = () => {}
      const mine = new Promise<void>((resolve) => (release = resolve))
      tails.set(name, mine)
      await before
      try {
        return await body()
      } finally {
        if (tails.get(name) === mine) tails.delete(name)
        release()
      }
    },
  }
}

/**
 * When hosts are scanned: by period, on request, and shortly after a uevent. Scans of one host never overlap, and
 * whoever asks while one runs shares the next, since the running one may have looked already.
 */
import type { Clock } from '../clock.ts'
import type { HostDriver } from '../host/driver.ts'
import type { Hosts } from '../host/hosts.ts'
import { coalesced, type Coalesced } from './coalesced.ts'

/** A bind gives a dozen uevents; one scan after the last of them is enough. */
const UEVENT_QUIET_MS = 200

export interface ScanRounds {
  /** Resolves after a scan that began no earlier than this call. */
  scan: (hostId: string) => Promise<void>
  start: () => Promise<void>
  stop: () => Promise<void>
}

export type RoundsOptions = {
  readonly hosts: Hosts
  readonly clock: Clock
  readonly periodMs: number
  readonly scanHost: (hostId: string) => Promise<void>
  /** Told of what went wrong in a scan that nobody waits for. */
  readonly onTrouble: (error: unknown) => void
}

export function scanRounds(options: RoundsOptions): ScanRounds {
  const { hosts, clock, periodMs, onTrouble } = options
  const byHost = new Map<string, Coalesced>()
  const ears = new Map<HostDriver, Promise<() => Promise<void>>>()
  let stopped = false
  let stopTicking: () => void = () => {}

  function scan(hostId: string): Promise<void> {
    const scans = byHost.get(hostId) ?? coalesced(() => options.scanHost(hostId))
    byHost.set(hostId, scans)
    return scans.run()
  }

  /** Hosts may come, and come back with another driver, at any time: each round looks. */
  function listen(): void {
    for (const host of hosts.all()) {
      if (host.reach === 'away' || ears.has(host.driver)) continue
      const ear = listenTo(clock, host.driver, () => void scanAside(host.id))
      ears.set(host.driver, ear)
      ear.catch((error: unknown) => {
        ears.delete(host.driver)
        onTrouble(error)
      })
    }
  }

  function scanAside(hostId: string): Promise<void> {
    return stopped ? Promise.resolve() : scan(hostId).catch(onTrouble)
  }

  /** One host's trouble keeps no other from being scanned, now and later. */
  async function round(): Promise<void> {
    if (stopped) return
    listen()
    await Promise.all(hosts.all().map(({ id }) => scanAside(id)))
  }

  async function start(): Promise<void> {
    stopTicking = clock.every(periodMs, () => void round())
    await round()
  }

  async function stop(): Promise<void> {
    stopped = true
    stopTicking()
    await Promise.allSettled([...ears.values()].map((ear) => ear.then((close) => close())))
    await Promise.all([...byHost.values()].map((scans) => scans.idle()))
  }

  return { scan, start, stop }
}

async function listenTo(
  clock: Clock,
  driver: HostDriver,
  scanSoon: () => void
): Promise<() => Promise<void>> {
  let cancel: () => void = () => {}
  const close = await driver.onUevent(() => {
    cancel()
    cancel = clock.after(UEVENT_QUIET_MS, scanSoon)
  })
  return () => {
    cancel()
    return close()
  }
}

/**
 * When hosts are scanned: by period, on request, and shortly after a uevent. Scans of one host never overlap, and
 * whoever asks while one runs shares the next, since the running one may have looked already.
 */
import type { Clock } from '../clock.ts'
import type { HostDriver } from '../host/driver.ts'
import type { Hosts } from '../host/hosts.ts'
import { coalesced, type Coalesced } from './coalesced.ts'

/** Scans side by side in a round: so many that a host which keeps one waiting delays few. */
const SIDE_BY_SIDE = 32
/** A scan that takes longer goes on beside the others, and is no longer counted. */
const PLACE_MS = 2_000
/** In a round of a fleet that is known already: so that many hosts leave the process time for everything else. */
const PAUSE_MS = 100
/** While the process is busier than that it pauses again: what nobody waits for comes after what somebody does. */
const BUSY = 0.5
const MOST_PAUSES = 100

/** A bind gives a dozen uevents; one scan after the last of them is enough. */
const UEVENT_QUIET_MS = 200
/** Some hosts are never quiet, for reasons that are none of ours: containers come and go, dm and loop devices with them. */
const UNQUIET_MS = 1_000
/** An operation ends with a scan of its own, and those in between would only delay it; others' changes wait no longer. */
const BUSY_MS = 10_000

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
  /** An operation is changing the host just now. */
  readonly isBeingChanged: (hostId: string) => boolean
  /** What part of its time the process has had work of late, 0 to 1; absent: none. */
  readonly load?: () => number
  /** Told of what went wrong in a scan that nobody waits for. */
  readonly onTrouble: (error: unknown) => void
}

export function scanRounds(options: RoundsOptions): ScanRounds {
  const { hosts, clock, periodMs, isBeingChanged, onTrouble } = options
  const byHost = new Map<string, Coalesced>()
  const ears = new Map<HostDriver, Promise<() => Promise<void>>>()
  let stopped = false
  let inRound = false
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
      const { id, driver } = host
      const isBusy = () => isBeingChanged(id)
      const ear = listenTo(clock, driver, isBusy, () => void scanAside(id))
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

  /**
   * One host's trouble keeps no other from being scanned, now and later. A round that takes longer than the period
   * leaves out those that would begin meanwhile.
   */
  async function round(pauseMs: number): Promise<void> {
    if (stopped || inRound) return
    inRound = true
    listen()
    const everyHost = hosts.all()
    const places = Math.min(SIDE_BY_SIDE, everyHost.length)
    const left = everyHost.values()
    const fill = async () => {
      for (const { id } of left) {
        await inPlace(scanAside(id))
        if (everyHost.length > places && pauseMs > 0) await pauses(pauseMs)
      }
    }
    await Promise.all(Array.from({ length: places }, fill))
    inRound = false
  }

  async function pauses(ms: number): Promise<void> {
    for (let n = 0; n < MOST_PAUSES && !stopped; n++) {
      await pause(clock, ms)
      if ((options.load?.() ?? 0) <= BUSY) return
    }
  }

  function inPlace(scanning: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const giveUp = clock.after(PLACE_MS, resolve)
      void scanning.finally(() => {
        giveUp()
        resolve()
      })
    })
  }

  async function start(): Promise<void> {
    stopTicking = clock.every(periodMs, () => void round(PAUSE_MS))
    await round(0)
  }

  async function stop(): Promise<void> {
    stopped = true
    stopTicking()
    await Promise.allSettled([...ears.values()].map((ear) => ear.then((close) => close())))
    await Promise.all([...byHost.values()].map((scans) => scans.idle()))
  }

  return { scan, start, stop }
}

/** Keeps no process alive. */
function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve))
}

async function listenTo(
  clock: Clock,
  driver: HostDriver,
  isBusy: () => boolean,
  scanSoon: () => void
): Promise<() => Promise<void>> {
  let cancel: () => void = () => {}
  let waitingSince: number | undefined
  const close = await driver.onUevent(() => {
    waitingSince ??= clock.monotonicMs()
    waitForQuiet(waitingSince)
  })

  function waitForQuiet(since: number): void {
    const leftMs = since + (isBusy() ? BUSY_MS : UNQUIET_MS) - clock.monotonicMs()
    const waitMs = Math.min(UEVENT_QUIET_MS, Math.max(0, leftMs))
    cancel()
    cancel = clock.after(waitMs, () => scanUnlessBusy(since))
  }

  function scanUnlessBusy(since: number): void {
    if (isBusy() && clock.monotonicMs() - since < BUSY_MS) return waitForQuiet(since)
    waitingSince = undefined
    scanSoon()
  }

  return () => {
    cancel()
    return close()
  }
}

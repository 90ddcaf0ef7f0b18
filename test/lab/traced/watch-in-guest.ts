/**
 * Watches a function with its traces until SIGTERM, by the driver as the service has it, and prints a line of JSON for each
 * frame: a `WatchedFrame`.
 *
 *   node watch-in-guest.js PCI-ADDRESS PERIOD-MS
 */
import { mkdtempSync, rmSync, writeSync } from 'node:fs'
import { systemClock } from '../../../src/clock.ts'
import type { HostFrame } from '../../../src/host/frame.ts'
import { realKernel } from '../../../src/kernel/real-kernel.ts'
import { linuxHost } from '../../../src/linux/linux-host.ts'
import { pciAddress } from '../../../src/nvme/pci-address.ts'
import type { WatchedFrame } from './watched-frame.ts'

/** Arming takes an emulated CPU seconds. */
const DEADLINE_MS = 60_000

const [address = '', period = ''] = process.argv.slice(2)
const laneFolder = mkdtempSync('/run/watch-lanes-')
const kernel = realKernel({ clock: systemClock, laneFolder })
const host = linuxHost(kernel, systemClock, { askDeadlineMs: DEADLINE_MS })
const tell = (trouble: unknown) => void writeSync(2, `${String(trouble)}\n`)
const watching = [pciAddress(address)]
const detail = { trace: true }
await host.watch(watching, Number(period), print, tell, detail)
process.once('SIGTERM', () => void end())
// Neither a watch nor a lane keeps a process alive.
setInterval(() => {}, 2 ** 30)

function print({ sourceClockMs, observed }: HostFrame): void {
  if (!observed.observed) return
  const { commands, latency, inFlight } = observed.queues
  const frame: WatchedFrame = {
    atMs: sourceClockMs,
    untraced: observed.untraced ?? null,
    commands: [...commands],
    latency: [...latency],
    inFlight: [...inFlight],
  }
  writeSync(1, `${JSON.stringify(frame)}\n`)
}

async function end(): Promise<void> {
  await host.close()
  await kernel.close()
  rmSync(laneFolder, { recursive: true })
  process.exit(0)
}

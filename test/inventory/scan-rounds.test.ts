/** When the hosts of a big fleet are scanned. */
import { expect, test } from 'vitest'
import { createHosts } from '../../src/host/hosts.ts'
import { scanRounds } from '../../src/inventory/scan-rounds.ts'
import { fakeClock } from '../support/fake-clock.ts'

const PERIOD_MS = 30_000

/** So many hosts without a driver, whose scans end when they are let. */
function fleetOf(count: number, load = () => 0) {
  const clock = fakeClock()
  const hosts = createHosts()
  for (let n = 0; n < count; n++) hosts.set({ id: `host-${n}`, reach: 'away', why: 'none' })
  const open = new Set<() => void>()
  const counts = { begun: 0, mostAtOnce: 0 }
  const rounds = scanRounds({
    hosts,
    clock,
    periodMs: PERIOD_MS,
    isBeingChanged: () => false,
    scanHost: () => {
      counts.begun++
      return new Promise((resolve) => {
        const end = () => {
          open.delete(end)
          resolve()
        }
        open.add(end)
        counts.mostAtOnce = Math.max(counts.mostAtOnce, open.size)
      })
    },
    onTrouble: (error) => {
      throw error
    },
    load,
  })
  /** Those that are under way, and those that come for it. */
  const letAllEnd = async () => {
    while (open.size > 0) {
      for (const end of open) end()
      await clock.advance(0)
    }
  }
  return { clock, rounds, counts, letAllEnd }
}

test('a round scans every host once, some at a time', async () => {
  const { rounds, counts, letAllEnd } = fleetOf(100)

  const started = rounds.start()
  await letAllEnd()
  await started
  await rounds.stop()

  expect(counts).toEqual({ begun: 100, mostAtOnce: 32 })
})

test('hosts whose scans do not end keep the others waiting for a while only', async () => {
  const { clock, rounds, counts, letAllEnd } = fleetOf(40)
  const started = rounds.start()
  await clock.advance(0)
  const atFirst = counts.begun

  await clock.advance(2_000)
  const afterwards = counts.begun
  await letAllEnd()
  await started
  await rounds.stop()

  expect([atFirst, afterwards]).toEqual([32, 40])
})

test('later rounds leave time between scans, and do not overlap', async () => {
  const { clock, rounds, counts, letAllEnd } = fleetOf(96)
  const started = rounds.start()
  await letAllEnd()
  await started

  await clock.advance(PERIOD_MS)
  await letAllEnd()
  const atTheTick = counts.begun - 96
  await clock.advance(100)
  await letAllEnd()
  const soonAfter = counts.begun - 96
  await clock.advance(1_000)
  await letAllEnd()
  await rounds.stop()

  expect([atTheTick, soonAfter, counts.begun - 96]).toEqual([32, 64, 96])
})

test('while the process is busy later rounds wait, for a while, and go on when it is not', async () => {
  let load = 0.9
  const { clock, rounds, counts, letAllEnd } = fleetOf(96, () => load)
  const started = rounds.start()
  await letAllEnd()
  await started
  await clock.advance(PERIOD_MS)
  await letAllEnd()

  await clock.advance(5_000)
  const whileBusy = counts.begun - 96
  await clock.advance(6_000)
  await letAllEnd()
  const inTheEnd = counts.begun - 96
  load = 0.3
  await clock.advance(100)
  await letAllEnd()
  await rounds.stop()

  expect([whileBusy, inTheEnd, counts.begun - 96]).toEqual([32, 64, 96])
})

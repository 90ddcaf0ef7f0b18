import { expect, test } from 'vitest'
import { FleetWatch, MOST_AT_ONCE } from '../../../src/telemetry/history/fleet-watch.ts'
import type { SubscribeRequest } from '../../../src/telemetry/telemetry.ts'
import type { SeenHostRow } from '../../../src/store/rows.ts'
import { temporaryStore } from '../../store/temporary-store.ts'
import { fakeClock } from '../../support/fake-clock.ts'

const AT = '2026-01-01T00:00:00.000Z'

function hostRow(n: number): SeenHostRow {
  return {
    id: `host-${String(n).padStart(5, '0')}`,
    machineId: String(n).padStart(32, '0'),
    bootId: 'boot',
    hostname: `host-${n}`,
    kernelRelease: '6.1',
    onlineCpus: 4,
    iommu: true,
    reach: 'reachable',
    why: null,
    observedAt: AT,
  }
}

async function fleet() {
  const store = await temporaryStore()
  const clock = fakeClock()
  const followed = new Set<SubscribeRequest>()
  const seen = new Set<string>()
  const interest = {
    follow: (request: SubscribeRequest) => {
      followed.add(request)
      for (const id of request.hostIds ?? []) seen.add(id)
      return () => void followed.delete(request)
    },
  }
  const watch = new FleetWatch({ store, clock, interest, periodMs: 10_000 })
  async function hostsAppear(from: number, count: number) {
    const rows = Array.from({ length: count }, (_, i) => hostRow(from + i))
    await store.commit([
      ...rows.map((row) => ({ write: 'putHost', row }) as const),
      {
        write: 'appendEvent',
        event: {
          type: 'host.appeared',
          at: AT,
          hostId: null,
          subject: { kind: 'host', id: rows[0]?.id ?? '' },
          actor: 'system',
          tenant: 'default',
          operationId: null,
          detail: {},
        },
      },
    ])
  }
  const watchedNow = () => [...followed].flatMap(({ hostIds = [] }) => hostIds)
  return { clock, watch, hostsAppear, watchedNow, followed, seen }
}

test('a host that appears is watched soon, also while others go on appearing', async () => {
  const { clock, watch, hostsAppear, watchedNow, followed } = await fleet()
  watch.start()
  for (let n = 0; n < 5; n++) {
    await hostsAppear(n, 1)
    await clock.advance(600)
  }

  expect(watchedNow().length).toBeGreaterThanOrEqual(3)
  expect(followed.size).toBe(1)
  watch.stop()
  expect([followed.size, clock.pending()]).toEqual([0, 0])
})

test('a large fleet is watched in turn: never too many, and all of them in the end', async () => {
  const { clock, watch, hostsAppear, watchedNow, seen } = await fleet()
  const count = 2 * MOST_AT_ONCE + 10
  await hostsAppear(0, count)
  watch.start()
  const most: number[] = []
  for (let turn = 0; turn < 4; turn++) {
    most.push(watchedNow().length)
    await clock.advance(60_000)
  }

  expect(most).toEqual([MOST_AT_ONCE, MOST_AT_ONCE, 10, MOST_AT_ONCE])
  expect(seen.size).toBe(count)
  watch.stop()
})

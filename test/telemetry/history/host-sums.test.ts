import { expect, test } from 'vitest'
import type { Reading } from '../../../src/telemetry/history/history.ts'
import { HostSums } from '../../../src/telemetry/history/host-sums.ts'

const SECOND_MS = 1000
const [A, B] = [3, 50]

/** A host, and each sum of it: when, and how many reads a second. */
function summedHost() {
  const recorded: Reading[] = []
  const sums = new HostSums({ record: (one) => recorded.push(one) })
  const seen: (readonly [second: number, reads: number])[] = []
  let sequence = 0

  function read(second: number, id: string, reads: number, periodSeconds: number): void {
    const device = Float64Array.of(reads, 0, 0, 0, 1, NaN, 1)
    const none = new Float64Array(0)
    const queues = {
      qid: [],
      inFlight: none,
      interruptsPerSecond: none,
      commandsPerSecond: none,
      latency: none,
    }
    const periodMs = periodSeconds * SECOND_MS
    const heading = { hostId: 'host', kind: 'controller', id, periodMs } as const
    const observed = { device, queues }
    sums.take({ ...heading, sequence: sequence++, observed }, second * SECOND_MS)
    for (const { values } of recorded.splice(0)) seen.push([second, values[0] ?? NaN])
  }

  return { read, seen }
}

const readsOf = (seen: readonly (readonly [number, number])[]) =>
  seen.map(([, reads]) => reads)

test('a controller that is read less often than another is in each sum of their host', () => {
  const { read, seen } = summedHost()
  for (let second = 1; second <= 60; second++) {
    read(second, 'a', A, 1)
    if (second % 10 === 0) read(second, 'b', B, 10)
  }

  const both = seen.filter(([second]) => second > 10)
  expect(both.length).toBe(50)
  expect(new Set(readsOf(both))).toEqual(new Set([A + B]))
})

test.each([
  ['first', ['a', 'b']],
  ['last', ['b', 'a']],
] as const)(
  'a controller that is read faster for a while, and comes %s, is in each sum once',
  (_place, order) => {
    const { read, seen } = summedHost()
    for (let second = 1; second <= 120; second++) {
      const isFast = second > 32 && second < 58
      if (isFast) read(second, 'a', A, 1)
      if (second % 10 !== 0) continue
      for (const id of order) {
        // Its slow readings count again once the fast ones have ended for three of their periods.
        if (id === 'a' && second > 32 && second < 61) continue
        read(second, id, id === 'a' ? A : B, 10)
      }
    }

    expect(new Set(readsOf(seen))).toEqual(new Set([A + B]))
    expect(seen.at(-1)?.[0]).toBe(120)
  }
)

test('a controller that has gone is in no sum of the following minute', () => {
  for (const [gone, periodSeconds] of [
    ['a', 1],
    ['b', 10],
  ] as const) {
    const { read, seen } = summedHost()
    for (let second = 1; second <= 120; second++) {
      const isThere = (id: string) => id !== gone || second <= 60
      if (isThere('a')) read(second, 'a', A, 1)
      if (second % 10 === 0 && isThere('b')) read(second, 'b', B, 10)
    }

    const after = seen.filter(([second]) => second > 60 + 2 * 10)
    expect(after.length, gone).toBeGreaterThanOrEqual(4)
    expect(new Set(readsOf(after)), gone).toEqual(new Set([periodSeconds === 1 ? B : A]))
  }
})

test('a host whose readings come late, several periods apart, is summed all the same', () => {
  const { read, seen } = summedHost()
  for (let second = 5; second <= 60; second += 5) {
    read(second, 'a', A, 1)
    read(second, 'b', B, 1)
  }

  expect(seen.length).toBe(11)
  expect(new Set(readsOf(seen))).toEqual(new Set([A + B]))
})

test('a host that was not read for long begins with no sum of what it did before', () => {
  const { read, seen } = summedHost()
  for (const second of [10, 20, 1000, 1010]) {
    read(second, 'a', A, 10)
    read(second, 'b', B, 10)
  }

  expect(seen).toEqual([
    [20, A + B],
    [1010, A + B],
  ])
})

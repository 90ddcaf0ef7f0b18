/** The lines that a card draws, held against the frames they are of. */
import assert from 'node:assert/strict'
import type { TelemetryFrame } from '../../src/telemetry/telemetry.ts'
import type { Shown } from './frames.ts'

/** As the page draws: a point for each frame, the newest on the right, the highest one below the top. */
const LAST = 59
const BOTTOM = 19
const HEIGHT = 18
/** It writes two digits. */
const ROUNDING = 0.011

/**
 * @param frameOf that of a sequence number
 * @returns how many frames the line of the device shows
 * @throws AssertionError unless every point is where its frame has it
 */
export function assertDrawn(
  { lines, sequence }: Shown,
  frameOf: (sequence: number) => TelemetryFrame | undefined
): number {
  const meant = lines.map(({ of, points }) =>
    points.map(([x, y]) => {
      const frame = frameOf(sequence - (LAST - x))
      return { y, value: frame?.observed ? rateOf(frame, of) : null }
    })
  )
  const tops = meant.map((points) => Math.max(0, ...points.map(({ value }) => value ?? 0)))
  const topOfQueues = Math.max(...tops.filter((_, n) => lines[n]?.of !== 'device'))
  for (const [n, points] of meant.entries()) {
    const { of } = lines[n]! // one for each
    const top = of === 'device' ? tops[n]! : topOfQueues
    for (const { y, value } of points) {
      assert.notEqual(value, null, `${of}: there is a point where nothing was observed`)
      const height = top > 0 ? ((value ?? NaN) / top) * HEIGHT : 0
      assert.ok(
        Math.abs(BOTTOM - height - y) <= ROUNDING,
        `${of}: ${y} for ${value}/${top}`
      )
    }
  }
  const device = lines.find(({ of }) => of === 'device')
  return new Set(device?.points.map(([x]) => x)).size
}

type Observed = Extract<TelemetryFrame, { observed: true }>

function rateOf({ device, queues }: Observed, of: string): number | null {
  if (of !== 'device')
    return queues.commandsPerSecond[queues.qid.indexOf(Number(of))] ?? null
  const { readCommandsPerSecond: reads, writeCommandsPerSecond: writes } = device
  return reads === null || writes === null ? null : reads + writes
}

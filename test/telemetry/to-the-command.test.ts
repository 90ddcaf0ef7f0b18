/** On the emulator what a viewer is told is what the load model did, to the command. */
import { expect, test } from 'vitest'
import { SYSTEM } from '../../src/access/caller.ts'
import { BLOCK_STAT } from '../../src/kernel/counters.ts'
import type { TelemetryFrame } from '../../src/telemetry/telemetry.ts'
import { asRead } from './as-read.ts'
import { watchedHost } from './watched-host.ts'

const PLAIN = '0000:02:00.0'
const STAT = '/sys/block/nvme1n1/stat'

/** A frame, and what the drive's disks had completed by then. */
type Told = { readonly frame: TelemetryFrame; readonly done: Promise<number> }

async function watched(seconds: number): Promise<readonly Told[]> {
  const { clock, machine, telemetry } = await watchedHost()
  const done = async () => {
    const text = await machine.kernel.call({ call: 'read', path: STAT })
    const numbers = text.trim().split(/\s+/).map(Number)
    return (numbers[BLOCK_STAT.readIos] ?? NaN) + (numbers[BLOCK_STAT.writeIos] ?? NaN)
  }
  const told: Told[] = []
  const metrics = ['queues.commands', 'queues.latency'] as const
  await telemetry.subscribe(
    SYSTEM,
    { controllerIds: [PLAIN], periodMs: 1000, metrics },
    (frame) => told.push({ frame: asRead(frame), done: done() })
  )
  await clock.advance(seconds * 1000)
  return told.filter(({ frame }) => commandsOf(frame) !== null)
}

/** Of all queues; null: not each of them is counted. */
function commandsOf(frame: TelemetryFrame): number | null {
  if (!frame.observed || !frame.queues.commands) return null
  return sum(frame.queues.commands)
}

function sum(numbers: readonly (number | null)[]): number | null {
  let all = 0
  for (const number of numbers) {
    if (number === null) return null
    all += number
  }
  return all
}

test('the commands of all frames are those that the drive has completed between the first and the last', async () => {
  const told = await watched(20)

  const [first, ...rest] = told
  const before = (await first?.done) ?? NaN
  const after = (await rest.at(-1)?.done) ?? NaN
  const all = rest.reduce((so, { frame }) => so + (commandsOf(frame) ?? NaN), 0)
  expect(rest.length).toBeGreaterThan(10)
  expect(all).toBeGreaterThan(1000)
  expect(all).toBe(after - before)
})

test('each command that is counted has its latency in one bucket', async () => {
  const told = await watched(20)

  const all = told.slice(1).map(({ frame }) => {
    if (!frame.observed) throw new Error(`not observed: ${frame.why}`)
    const { commands = [], latency = [] } = frame.queues
    return { commands, latencies: latency.map(sum) }
  })
  expect(all.length).toBeGreaterThan(10)
  for (const { commands, latencies } of all) expect(latencies).toEqual(commands)
})

/**
 * The emulator's load with an object for each queue instead of columns: the same model, the same numbers.
 *
 *   queue-objects values|in-place
 *
 * `values`: each tick makes new objects, as the rest of the code treats data. `in-place`: it changes those that there are.
 * Commands are those of queue-load.c.
 */
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import {
  burstTimes,
  BURSTS_LENGTH,
  writeBursts,
} from '../../src/emulator/load/burst-times.ts'
import type { FunctionLoad } from '../../src/emulator/load/function-load.ts'
import { drawn, fraction, UNIT } from '../../src/emulator/load/seeded.ts'
import { FUNCTIONS, HOSTS, LIMIT, loadOf } from './fleet-of-queues.ts'

const SLOT_MS = 2048
const DRIFT_MS = 65_536
const SPREAD = 0x9e3779b1

type Given = {
  readonly seed: number
  readonly rate: number
  readonly fixed: number
  readonly weighedMs: number
}
type Counted = { completions: number; inFlight: number; latencyMs: number }
type Queue = Given & Counted
type Times = { readonly arrived: number; readonly done: number; readonly summed: number }
type DrivenFunction = {
  readonly load: FunctionLoad
  readonly bursts: Float64Array
  queues: readonly Queue[]
}

const scratch = new Float64Array(3)
const functions = Array.from({ length: HOSTS * FUNCTIONS }, (_, i) =>
  drivenFunction(loadOf(Math.floor(i / FUNCTIONS), i % FUNCTIONS))
)
const tick = process.argv[2] === 'values' ? tickOfValues : tickInPlace

for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...words] = line.split(' ')
  if (command === 'tick') process.stdout.write(`${cpuOfTicks(words.map(Number))}\n`)
  else dump(words.join(' '))
}

function drivenFunction(load: FunctionLoad): DrivenFunction {
  const bursts = new Float64Array(BURSTS_LENGTH)
  if (load.cycle) writeBursts(bursts, 0, load.cycle, fraction(load.seed, 0, 2))
  const queues = Array.from(load.rates, (rate, q) => ({
    seed: Math.floor(fraction(load.seed, q, 3) * 2 ** 32),
    rate,
    fixed: load.fixed[q]!, // as long as the rates
    weighedMs: load.weighedMs[q]!,
    completions: 0,
    inFlight: 0,
    latencyMs: 0,
  }))
  return { load, bursts, queues }
}

/** @returns ns of CPU, of the collector of garbage too */
function cpuOfTicks([count = 0, from = 0, step = 0]: readonly number[]): number {
  const begun = process.cpuUsage()
  for (let i = 0; i < count; i++) tick(from + i * step)
  const { user, system } = process.cpuUsage(begun)
  return (user + system) * 1000
}

function tickOfValues(now: number): void {
  for (const fn of functions) {
    const times = timesOf(fn, now)
    fn.queues = fn.queues.map((queue) => ({
      ...queue,
      ...counted(queue, times, fn.load.noise),
    }))
  }
}

function tickInPlace(now: number): void {
  for (const fn of functions) {
    const times = timesOf(fn, now)
    for (const queue of fn.queues) {
      const { completions, inFlight, latencyMs } = counted(queue, times, fn.load.noise)
      queue.completions = completions
      queue.inFlight = inFlight
      queue.latencyMs = latencyMs
    }
  }
}

function timesOf({ load, bursts }: DrivenFunction, now: number): Times {
  if (load.cycle) {
    burstTimes(bursts, 0, now, scratch)
    const [arrived = 0, done = 0, summed = 0] = scratch
    return { arrived, done, summed }
  }
  const then = Math.max(0, now - load.latencyMs)
  return { arrived: drifted(load, now), done: drifted(load, then), summed: 0 }
}

function drifted({ seed, swing }: FunctionLoad, ms: number): number {
  const slot = Math.floor(ms / DRIFT_MS)
  const draw = drawn(seed ^ Math.imul(slot, SPREAD))
  return ms + swing * UNIT * DRIFT_MS * draw * bend(ms / DRIFT_MS - slot)
}

function counted(queue: Given, { arrived, done, summed }: Times, noise: number): Counted {
  const completions = commandsBy(queue, done, noise)
  const open = commandsBy(queue, arrived, noise) - completions + queue.fixed
  const latencyMs = queue.weighedMs * completions + queue.rate * summed
  return { completions, inFlight: Math.min(open, LIMIT), latencyMs }
}

function commandsBy({ seed, rate }: Given, ms: number, noise: number): number {
  const slot = Math.floor(ms / SLOT_MS)
  const draw = drawn(seed ^ Math.imul(slot, SPREAD))
  const bent = noise * UNIT * SLOT_MS * bend(ms / SLOT_MS - slot)
  return Math.floor(rate * (ms + bent * draw) + seed * (UNIT / 2))
}

function bend(part: number): number {
  return part * (1 - part)
}

function dump(file: string): void {
  const queues = functions.flatMap((fn) => fn.queues)
  const columns = [
    Float64Array.from(queues, ({ completions }) => completions),
    Uint16Array.from(queues, ({ inFlight }) => inFlight),
    Float64Array.from(queues, ({ latencyMs }) => latencyMs),
  ]
  writeFileSync(file, Buffer.concat(columns.map(({ buffer }) => Buffer.from(buffer))))
  process.stdout.write('dumped\n')
}

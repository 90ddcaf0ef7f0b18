/** A frame of 1,000 queues with eight numbers each, as the socket has it for programs, next to JSON with a row for each queue. */
import { decodeFrame } from '../../clients/telemetry/decode-frame.ts'
import { frameAsBinary } from '../../src/telemetry/frame-binary.ts'
import { selectMetrics } from '../../src/telemetry/selection.ts'
import { compare } from '../support/rounds.ts'
import { spreadOf, verdictOf } from '../support/verdict.ts'
import { queueFrames, type ObservedColumns } from './queue-frames.ts'

const QUEUES = 1000
/** The eighth is the queue's id. */
const NAMES = [
  'inFlight',
  'interruptsPerSecond',
  'commandsPerSecond',
  'commands',
  'latencyP50Us',
  'latencyP99Us',
  'latencyMaxUs',
] as const
const SELECTION = selectMetrics(NAMES.map((name) => `queues.${name}` as const))
const params = { queues: QUEUES, numbers: NAMES.length + 1 }
const unit = 'µs of CPU per frame'

const { next } = queueFrames(QUEUES)
const frame = next()
const binary = frameAsBinary(frame, SELECTION, 1).slice()
const json = JSON.stringify(rowsOf(frame))
agree()

await compare({
  scenario: 'telemetry-encode',
  params,
  unit,
  product: {
    name: 'columns',
    round: async () => cost(20_000, () => frameAsBinary(frame, SELECTION, 1).length),
  },
  peers: [
    {
      name: 'JSON rows',
      goal: 1 / 60,
      round: async () => cost(300, () => JSON.stringify(rowsOf(frame)).length),
    },
  ],
})
await compare({
  scenario: 'telemetry-decode',
  params,
  unit,
  product: {
    name: 'columns',
    round: async () => cost(100_000, () => readColumns(binary)),
  },
  peers: [
    {
      name: 'JSON rows',
      goal: 1 / 100,
      round: async () => cost(300, () => readRows(json)),
    },
  ],
})
const size = spreadOf([binary.length / Buffer.byteLength(json)])
const sizes = {
  product: spreadOf([binary.length]),
  peer: { name: 'JSON rows', ...spreadOf([json.length]) },
}
const line = {
  scenario: 'telemetry-size',
  params,
  unit: 'bytes',
  ...sizes,
  ratio: size,
  goal: 0.25,
}
process.stdout.write(`${JSON.stringify({ ...line, pass: verdictOf(size, 0.25) })}\n`)

function rowsOf({ queues, sequence, sourceClockMs, fn }: ObservedColumns) {
  const rows = Array.from(queues.qid, (qid, row) => ({
    qid,
    inFlight: queues.inFlight[row],
    interruptsPerSecond: queues.interruptsPerSecond[row],
    commandsPerSecond: queues.commandsPerSecond[row],
    commands: queues.commands[row],
    latencyP50Us: queues.latencyP50Us[row],
    latencyP99Us: queues.latencyP99Us[row],
    latencyMaxUs: queues.latencyMaxUs[row],
  }))
  return { hostId: fn.hostId, functionId: fn.id, sequence, sourceClockMs, rows }
}

/** Until a number of each queue can be read. */
function readColumns(message: Uint8Array): number {
  const read = decodeFrame(message)
  return read.observed ? (read.columns['queues.commands']?.[QUEUES - 1] ?? NaN) : NaN
}

function readRows(text: string): number {
  const { rows } = JSON.parse(text) as ReturnType<typeof rowsOf>
  return rows[QUEUES - 1]?.commands ?? NaN
}

/** A peer that says something else is no peer. */
function agree(): void {
  const read = decodeFrame(binary)
  const { rows } = JSON.parse(json) as ReturnType<typeof rowsOf>
  if (!read.observed) throw new Error('the frame is not observed')
  for (const [row, numbers] of rows.entries())
    for (const name of NAMES) {
      const said = read.columns[`queues.${name}`]?.[row]
      const meant = name === 'commands' ? numbers[name] : Math.fround(numbers[name] ?? NaN)
      if (said !== meant) throw new Error(`${name} of row ${row}: ${said}, not ${meant}`)
    }
}

/** Of this process: its garbage is a part of it. */
function cost(times: number, work: () => number): number {
  let sum = 0
  const begun = process.cpuUsage()
  for (let time = 0; time < times; time++) sum += work()
  const { user, system } = process.cpuUsage(begun)
  if (!(sum > 0)) throw new Error('nothing was done')
  return (user + system) / times
}

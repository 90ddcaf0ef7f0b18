/**
 * The emulator as a process of its own, so that killing nvirt never kills the machines that it was changing.
 *
 *     serve.ts --socket PATH --journals FOLDER [--fleet demo|FILE] [--seed N] [--latency-ms N]
 *
 * Prints a line when it listens; SIGTERM or SIGINT ends it. Its machines are in their journals.
 */
import path from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../clock.ts'
import { demoFleet } from './demo-fleet.ts'
import { readFleetFile } from './fleet-file.ts'
import { hostsOf } from './fleet-hosts.ts'
import { emulatedMachine } from './power-on.ts'
import { serveMachines } from './process/machine-server.ts'

const { values } = parseArgs({
  options: {
    socket: { type: 'string' },
    journals: { type: 'string' },
    fleet: { type: 'string', default: 'demo' },
    seed: { type: 'string', default: '1' },
    'latency-ms': { type: 'string', default: '0' },
  },
})

try {
  await serve()
} catch (error) {
  process.stderr.write(
    `emulator: ${error instanceof Error ? error.message : String(error)}\n`
  )
  process.exit(1)
}

async function serve(): Promise<void> {
  const { socket, journals, fleet } = values
  if (socket === undefined || journals === undefined)
    throw new Error('--socket and --journals are needed')
  const hosts = hostsOf(fleet === 'demo' ? demoFleet() : readFleetFile(fleet))
  const options = {
    clock: systemClock,
    seed: whole('seed', values.seed),
    callLatencyMs: whole('latency-ms', values['latency-ms']),
  }
  const machines = await Promise.all(
    hosts.map(({ name, describe }) =>
      emulatedMachine(describe(), {
        ...options,
        journalPath: path.join(journals, `${name}.jsonl`),
      })
    )
  )
  const server = await serveMachines(machines, socket, systemClock)
  const stop = async () => {
    await server.close()
    await Promise.all(machines.map((machine) => machine.close()))
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stop().then(() => process.exit(0)))
  process.stdout.write(`emulator: ${machines.length} machines on ${socket}\n`)
}

function whole(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} ${text} is no whole number`)
  return Number(text)
}

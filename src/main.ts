/** nvirt, the process: configuration → kernels → hosts → services → server → signals. Read on in compose.ts. */
import { mkdirSync } from 'node:fs'
import { isIPv6, type AddressInfo } from 'node:net'
import { authenticator, readOrMakeToken } from './access/token.ts'
import { captureCommand } from './capture-command.ts'
import { CaptureError } from './capture/kernel-reads.ts'
import { systemClock } from './clock.ts'
import { compose, type Composition } from './compose.ts'
import { ConfigurationError, readConfiguration, type Configuration } from './config.ts'
import { FleetFileError } from './emulator/fleet-file.ts'
import { fleetKernels } from './fleet-kernels.ts'
import { lockDataFolder } from './store/data-lock.ts'
import { StoreError } from './store/store-error.ts'

/** Who has waited for the door to open is answered before the work begins: on a slow machine its begin takes seconds. */
const ANSWERS_FIRST_MS = 300

// No top-level await: the compiled service is a script, whose code can be cached (scripts/code-cache.mjs).
run().catch(fail)

async function run(): Promise<void> {
  const [command, ...args] = process.argv.slice(2)
  if (command === 'capture') return captureCommand(args)
  await start(readConfiguration(process.env))
}

async function start(configuration: Configuration): Promise<void> {
  makeDataFolder(configuration.data)
  lockDataFolder(configuration.data)
  const open = configuration.fleet.fleet === 'demo'
  const composition = await compose({
    data: configuration.data,
    kernels: await fleetKernels(configuration.fleet, configuration.data, systemClock),
    clock: systemClock,
    authenticate: authenticator(open ? null : readOrMakeToken(configuration.data)),
    allowedHosts: [configuration.listen.address, ...configuration.allowedHosts],
    logLevel: configuration.logLevel,
    drillsAllowed: configuration.drillsAllowed,
    history: configuration.history,
    metricsOf: configuration.metricsOf,
  })
  stopOnSignals(composition)
  await listen(composition, configuration.listen)
  systemClock.after(ANSWERS_FIRST_MS, () => void composition.startWork().catch(fail))
  process.stdout.write(`nvirt: dashboard at ${urlOf(composition)}\n`)
}

/** What only the system can refuse: the value was good to read. @throws ConfigurationError */
function makeDataFolder(data: string): void {
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new ConfigurationError('NVIRT_DATA', data, 'the folder cannot be made', cause)
  }
}

/** @throws ConfigurationError */
async function listen(
  { server }: Composition,
  { address, port }: Configuration['listen']
): Promise<void> {
  try {
    await server.listen({ host: address, port })
  } catch (cause) {
    const value = `${address}:${port}`
    throw new ConfigurationError('NVIRT_LISTEN', value, 'nobody can listen there', cause)
  }
}

function urlOf({ server }: Composition): string {
  const { address, port } = server.server.address() as AddressInfo // a TCP socket, since it listens on an address
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}/`
}

/** Operations that are not done stay open: the next start goes on with them. */
function stopOnSignals(composition: Composition): void {
  let stopping = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) return
      stopping = true
      composition.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`nvirt: stopping failed: ${explain(error)}\n`)
          process.exit(1)
        }
      )
    })
  }
}

function fail(error: unknown): void {
  process.stderr.write(`nvirt: ${explain(error)}\n`)
  process.exit(1)
}

/** What an operator can mend is told in a sentence; a bug with its stack. */
function explain(error: unknown): string {
  const mendable =
    error instanceof ConfigurationError ||
    error instanceof CaptureError ||
    error instanceof FleetFileError ||
    error instanceof StoreError ||
    (error instanceof Error && 'syscall' in error)
  if (!(error instanceof Error)) return String(error)
  if (!mendable) return error.stack ?? error.message
  return error.cause instanceof Error
    ? `${error.message}: ${error.cause.message}`
    : error.message
}

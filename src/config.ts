/**
 * Configuration: environment variables, each with a default, all checked before anything starts. A bad value is
 * refused with its name, what it was and what it may be.
 */
import { statSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { isIP, isIPv6 } from 'node:net'
import path from 'node:path'

export type Configuration = {
  readonly listen: { readonly address: string; readonly port: number }
  /** Absolute path of the folder that holds all state. */
  readonly data: string
  readonly fleet: FleetChoice
  /** Host names without port, besides the listen address and loopback's, under which clients may call. */
  readonly allowedHosts: readonly string[]
  readonly logLevel: LogLevel
  /** Emulated hosts may be made to fail over the API. */
  readonly drillsAllowed: boolean
  /** What `/metrics` has series of. */
  readonly metricsOf: (typeof METRICS_OF)[number]
  readonly history: {
    readonly memoryBytes: number
    readonly diskBytes: number
    /** null: controllers that nobody looks at are not watched. */
    readonly fleetPeriodMs: number | null
  }
}

export type FleetChoice =
  | { readonly fleet: 'demo' }
  | { readonly fleet: 'local' }
  /** A file that describes emulated hosts. */
  | { readonly fleet: 'file'; readonly path: string }
  /** Emulated hosts in a process of their own. */
  | { readonly fleet: 'socket'; readonly path: string }

const METRICS_OF = ['service', 'functions', 'queues'] as const
const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export type ConfigurationVariable = {
  readonly variable: string
  readonly default: string
  readonly meaning: string
}

/** What the README's table and docker-compose.yml are compared with. */
export const CONFIGURATION: readonly ConfigurationVariable[] = [
  {
    variable: 'NVIRT_LISTEN',
    default: '127.0.0.1:8420',
    meaning: 'address:port of the API and the dashboard; port 0 lets the system choose',
  },
  {
    variable: 'NVIRT_DATA',
    default: './data',
    meaning: 'folder of all state: database, token, lanes, history, emulated machines',
  },
  {
    variable: 'NVIRT_FLEET',
    default: 'demo',
    meaning:
      '`demo`, `local` (this machine, needs root), a file that describes emulated hosts, or `unix:PATH` (an emulator process)',
  },
  {
    variable: 'NVIRT_ALLOWED_HOSTS',
    default: '',
    meaning:
      'further names under which clients may call, without port, separated by commas',
  },
  {
    variable: 'NVIRT_DRILLS',
    default: 'refused',
    meaning: '`allowed`: emulated hosts may be made to fail over the API; or `refused`',
  },
  {
    variable: 'NVIRT_HISTORY_MEMORY_MIB',
    default: '256',
    meaning: 'memory for the last quarter of an hour of telemetry; 16 to 65536',
  },
  {
    variable: 'NVIRT_HISTORY_DISK_MIB',
    default: '4096',
    meaning: 'room in `NVIRT_DATA` for the last 30 days of it; 16 to 1048576',
  },
  {
    variable: 'NVIRT_HISTORY_FLEET_SECONDS',
    default: '10',
    meaning: 'period at which controllers that nobody looks at are read, 1 to 60; or `off`',
  },
  {
    variable: 'NVIRT_METRICS',
    default: 'service',
    meaning:
      'what `/metrics` has series of: `service`, `functions` (each controller and VF besides), or `queues` (each queue besides)',
  },
  { variable: 'NVIRT_LOG', default: 'info', meaning: `one of ${LOG_LEVELS.join(', ')}` },
]

/** A value of the environment that cannot be used. The message is for the terminal. */
export class ConfigurationError extends Error {
  constructor(variable: string, value: string, mayBe: string, cause?: unknown) {
    const message = `${variable}=${JSON.stringify(value)} cannot be used: ${mayBe}`
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'ConfigurationError'
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** @throws ConfigurationError naming the variable */
export function readConfiguration(environment: Environment): Configuration {
  refuseUnknown(environment)
  return {
    listen: listenOf(valueOf(environment, 'NVIRT_LISTEN')),
    data: dataOf(valueOf(environment, 'NVIRT_DATA')),
    fleet: fleetOf(valueOf(environment, 'NVIRT_FLEET')),
    allowedHosts: hostsOf(valueOf(environment, 'NVIRT_ALLOWED_HOSTS')),
    logLevel: logLevelOf(valueOf(environment, 'NVIRT_LOG')),
    drillsAllowed: drillsOf(valueOf(environment, 'NVIRT_DRILLS')),
    history: historyOf(environment),
    metricsOf: metricsOf(valueOf(environment, 'NVIRT_METRICS')),
  }
}

function valueOf(environment: Environment, variable: string): string {
  const given = environment[variable]?.trim()
  if (given !== undefined && given !== '') return given
  return CONFIGURATION.find((row) => row.variable === variable)?.default ?? ''
}

/** A mistyped name would otherwise be a setting that silently does nothing. */
function refuseUnknown(environment: Environment): void {
  const known = CONFIGURATION.map((row) => row.variable)
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('NVIRT_') || known.includes(name)) continue
    throw new ConfigurationError(
      name,
      value ?? '',
      `there is no such variable; known are ${known.join(', ')}`
    )
  }
}

function listenOf(value: string): Configuration['listen'] {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(value)
  const address = match?.[1] ?? match?.[2] ?? ''
  const port = Number(match?.[3])
  const known = address === 'localhost' || isIP(address) !== 0
  if (!match || !known || port > 65_535) {
    throw new ConfigurationError(
      'NVIRT_LISTEN',
      value,
      'give an IP address and a port, as 127.0.0.1:8420'
    )
  }
  return { address, port }
}

function dataOf(value: string): string {
  const folder = path.resolve(value)
  const found = lookUp(folder, 'NVIRT_DATA', value)
  if (found && !found.isDirectory()) {
    throw new ConfigurationError(
      'NVIRT_DATA',
      value,
      'it names something that is not a folder'
    )
  }
  return folder
}

function fleetOf(value: string): FleetChoice {
  if (value === 'demo' || value === 'local') return { fleet: value }
  const socket = value.startsWith('unix:')
  const file = path.resolve(socket ? value.slice('unix:'.length) : value)
  const found = lookUp(file, 'NVIRT_FLEET', value)
  if (socket ? found?.isSocket() : found?.isFile()) {
    return { fleet: socket ? 'socket' : 'file', path: file }
  }
  throw new ConfigurationError(
    'NVIRT_FLEET',
    value,
    'give demo, local, a file that describes emulated hosts, or unix:PATH of an emulator process'
  )
}

/** Undefined: there is no such thing. */
function lookUp(file: string, variable: string, value: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false })
  } catch (cause) {
    throw new ConfigurationError(variable, value, `${file} cannot be looked up`, cause)
  }
}

function hostsOf(value: string): readonly string[] {
  const names = value.split(',').map((name) => name.trim().toLowerCase())
  const given = names.filter((name) => name !== '')
  const bad = given.find((name) => !isHostName(name))
  if (bad === undefined) return given
  throw new ConfigurationError(
    'NVIRT_ALLOWED_HOSTS',
    value,
    `${JSON.stringify(bad)} is no host name: give names and addresses without scheme or port, as nvirt.example`
  )
}

/** Whatever the port that clients call by, the name is what is checked. */
function isHostName(text: string): boolean {
  if (/^[a-z0-9.-]{1,253}$/.test(text)) return true
  return isIPv6(/^\[(.*)\]$/.exec(text)?.[1] ?? text)
}

function logLevelOf(value: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === value)
  if (level === undefined) {
    throw new ConfigurationError('NVIRT_LOG', value, `give one of ${LOG_LEVELS.join(', ')}`)
  }
  return level
}

function drillsOf(value: string): boolean {
  if (value === 'allowed' || value === 'refused') return value === 'allowed'
  throw new ConfigurationError('NVIRT_DRILLS', value, 'give allowed or refused')
}

function metricsOf(value: string): Configuration['metricsOf'] {
  const of = METRICS_OF.find((known) => known === value)
  if (of !== undefined) return of
  throw new ConfigurationError(
    'NVIRT_METRICS',
    value,
    `give one of ${METRICS_OF.join(', ')}`
  )
}

const MIB = 1024 * 1024

function historyOf(environment: Environment): Configuration['history'] {
  const wholeOf = (variable: string, least: number, most: number, or = '') =>
    wholeNumber(variable, valueOf(environment, variable), least, most, or)
  const period = 'NVIRT_HISTORY_FLEET_SECONDS'
  const off = valueOf(environment, period) === 'off'
  return {
    memoryBytes: wholeOf('NVIRT_HISTORY_MEMORY_MIB', 16, 65_536) * MIB,
    diskBytes: wholeOf('NVIRT_HISTORY_DISK_MIB', 16, 1_048_576) * MIB,
    fleetPeriodMs: off ? null : wholeOf(period, 1, 60, ', or off') * 1000,
  }
}

function wholeNumber(
  variable: string,
  value: string,
  least: number,
  most: number,
  or: string
): number {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : NaN
  if (number >= least && number <= most) return number
  throw new ConfigurationError(
    variable,
    value,
    `give a whole number, ${least} to ${most}${or}`
  )
}

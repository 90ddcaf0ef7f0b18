/** The load of a machine file: three kinds, each with its fields, and none with those of another. */
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { FleetFileError, parseFleet } from '../../src/emulator/fleet-file.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'

function fileWith(load: object): string {
  const host = labLikeHost()
  const [drive, ...others] = host.subsystems
  const controllers = drive!.controllers.map((one) => ({ ...one, load })) // it has two drives
  return stringify({
    hosts: [{ ...host, subsystems: [{ ...drive, controllers }, ...others] }],
  })
}

const FIELD = 'hosts[0].subsystems[0].controllers[0].load'
const BURST = { everyMs: 1_000, forMs: 100, factor: 5 }
const COMING = { arrivalsPerSecond: 40_000, serviceMicroseconds: 80, parallelism: 16 }
const FIXED = { depth: 32, serviceMicroseconds: 80 }
const COALESCING = { threshold: 8, microseconds: 100 }

test.for([
  ['iops and latency', { iops: 1_000, latencyUs: 90.5 }],
  ['arrivals', COMING],
  ['arrivals in bursts, coalesced', { ...COMING, burst: BURST, coalescing: COALESCING }],
  ['a fixed depth', { ...FIXED, parallelism: 64, coalescing: COALESCING }],
] as const)('a host may have %s', ([, load]) => {
  const { hosts } = parseFleet(fileWith(load), 'fleet.yaml')

  expect(hosts[0]?.subsystems[0]?.controllers[0]?.load).toEqual(load)
})

test.for([
  [
    'a burst that never ends',
    { ...COMING, burst: { ...BURST, forMs: 1_000 } },
    'burst.forMs',
    /^must be below everyMs, 1000$/,
  ],
  [
    'a burst of more than there is',
    { ...COMING, burst: { ...BURST, factor: 11 } },
    'burst.factor',
    /^must be at most everyMs\/forMs, 10$/,
  ],
  [
    'a depth of what comes',
    { ...COMING, depth: 4 },
    'depth',
    /^is not a field here: known are arrivalsPerSecond, /,
  ],
  [
    'bursts of a fixed depth',
    { ...FIXED, burst: BURST },
    'burst',
    /^is not a field here: known are depth, /,
  ],
  [
    'more in flight than a queue holds',
    { ...FIXED, depth: 2_000 },
    'depth',
    /^must be a whole number from 1 to 1023$/,
  ],
  [
    'commands that take no time',
    { ...FIXED, serviceMicroseconds: 0 },
    'serviceMicroseconds',
    /^must be a number above 0$/,
  ],
  [
    'an aggregation time between two steps',
    { ...COMING, coalescing: { ...COALESCING, microseconds: 150 } },
    'coalescing.microseconds',
    /^must be a multiple of 100 up to 25500$/,
  ],
] as const)('%s is refused by line and field', ([, load, field, reason]) => {
  const text = fileWith(load)
  const last = field.split('.').at(-1) ?? ''
  const line = text.split('\n').findIndex((one) => one.includes(` ${last}:`)) + 1

  expect(faultsOf(text)).toEqual([
    { field: `${FIELD}.${field}`, line, reason: expect.stringMatching(reason) },
  ])
})

function faultsOf(text: string) {
  try {
    parseFleet(text, 'fleet.yaml')
  } catch (error) {
    if (error instanceof FleetFileError) return error.faults
    throw error
  }
  return []
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ConfigurationError, readConfiguration } from '../src/config.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'nvirt-config-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('an empty environment serves the demo fleet on the loopback address', () => {
  expect(readConfiguration({})).toEqual({
    listen: { address: '127.0.0.1', port: 8420 },
    data: path.resolve('data'),
    fleet: { fleet: 'demo' },
    allowedHosts: [],
    logLevel: 'info',
    drillsAllowed: false,
    metricsOf: 'service',
    history: { memoryBytes: 2 ** 28, diskBytes: 2 ** 32, fleetPeriodMs: 10_000 },
  })
})

test('an IPv6 address is given in brackets', () => {
  expect(readConfiguration({ NVIRT_LISTEN: '[::1]:0' }).listen).toEqual({
    address: '::1',
    port: 0,
  })
})

test('a file of the fleet is found by its path', () => {
  const file = path.join(folder, 'fleet.yaml')
  writeFileSync(file, 'hosts: []\n')

  expect(readConfiguration({ NVIRT_FLEET: file }).fleet).toEqual({
    fleet: 'file',
    path: file,
  })
})

test('names under which clients may call are names and addresses of both kinds', () => {
  const names = ' Nvirt.Example, 10.0.2.15,fe80::1, [2001:db8::1] ,'

  expect(readConfiguration({ NVIRT_ALLOWED_HOSTS: names }).allowedHosts).toEqual([
    'nvirt.example',
    '10.0.2.15',
    'fe80::1',
    '[2001:db8::1]',
  ])
})

test('history has budgets, and may leave alone what nobody looks at', () => {
  const { history } = readConfiguration({
    NVIRT_HISTORY_MEMORY_MIB: '16',
    NVIRT_HISTORY_DISK_MIB: '1048576',
    NVIRT_HISTORY_FLEET_SECONDS: 'off',
  })

  expect(history).toEqual({
    memoryBytes: 2 ** 24,
    diskBytes: 2 ** 40,
    fleetPeriodMs: null,
  })
})

const BAD: readonly (readonly [string, string])[] = [
  ['NVIRT_LISTEN', '8420'],
  ['NVIRT_LISTEN', 'example.org:80'],
  ['NVIRT_LISTEN', '127.0.0.1:65536'],
  ['NVIRT_LISTEN', '127.0.0.1:'],
  ['NVIRT_DATA', '/dev/null'],
  ['NVIRT_DATA', '/dev/null/nvirt'],
  ['NVIRT_FLEET', 'demos'],
  ['NVIRT_FLEET', 'unix:/no/such/socket'],
  ['NVIRT_ALLOWED_HOSTS', 'a b'],
  ['NVIRT_ALLOWED_HOSTS', 'nvirt.example:8420'],
  ['NVIRT_ALLOWED_HOSTS', 'good.example, 10.0.2.15:80'],
  ['NVIRT_ALLOWED_HOSTS', '[::1]:8420'],
  ['NVIRT_ALLOWED_HOSTS', 'http://nvirt.example'],
  ['NVIRT_ALLOWED_HOSTS', 'abcd:8420'],
  ['NVIRT_LOG', 'loud'],
  ['NVIRT_DRILLS', 'yes'],
  ['NVIRT_HISTORY_MEMORY_MIB', '15'],
  ['NVIRT_HISTORY_MEMORY_MIB', '1e3'],
  ['NVIRT_HISTORY_DISK_MIB', '1048577'],
  ['NVIRT_HISTORY_FLEET_SECONDS', '0'],
  ['NVIRT_HISTORY_FLEET_SECONDS', '61'],
  ['NVIRT_METRICS', 'all'],
  ['NVIRT_LISTE', '127.0.0.1:1'],
]

test.for(BAD)('%s=%s is refused, naming variable and value', ([variable, value]) => {
  expect(() => readConfiguration({ [variable]: value })).toThrow(ConfigurationError)
  expect(() => readConfiguration({ [variable]: value })).toThrow(
    `${variable}=${JSON.stringify(value)}`
  )
})

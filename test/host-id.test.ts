/** A machine that does not say who it is has an id in the data folder, and is the same host at every start. */
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { SYSTEM } from '../src/access/caller.ts'
import { authenticator } from '../src/access/token.ts'
import { systemClock } from '../src/clock.ts'
import { compose } from '../src/compose.ts'
import { ConfigurationError } from '../src/config.ts'
import { labLikeHost } from '../src/emulator/lab-like-host.ts'
import { emulatedMachine } from '../src/emulator/power-on.ts'
import { hostIdIn } from '../src/host-id.ts'
import { hostIdOf } from '../src/inventory/identity.ts'

function dataFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'nvirt-host-id-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('the id is written once, as a UUID that only its owner can read', () => {
  const data = dataFolder()
  const file = path.join(data, 'host-id')

  const id = hostIdIn(data)

  const written = readFileSync(file, 'utf8')
  expect(written).toMatch(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\n$/)
  expect(id).toBe(written.trim().replaceAll('-', ''))
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(hostIdIn(data)).toBe(id)
  expect(readFileSync(file, 'utf8')).toBe(written)
  expect(hostIdIn(dataFolder())).not.toBe(id)
})

test.for(['', 'not-a-uuid\n', '0'.repeat(32)])(
  'a file that holds %j is refused',
  (text) => {
    const data = dataFolder()
    writeFileSync(path.join(data, 'host-id'), text)

    expect(() => hostIdIn(data)).toThrow(ConfigurationError)
    expect(() => hostIdIn(data)).toThrow(/NVIRT_DATA=.*host-id must hold a UUID/)
  }
)

/** Starts the service, and says which host it has. */
async function hostOfStart(data: string, ofMachine: 'says-who-it-is' | 'does-not-say') {
  const machine = await emulatedMachine(labLikeHost(), { clock: systemClock })
  const kind = { fault: 'errno', errno: 'ENOENT' } as const
  const match = { path: '/etc/machine-id' }
  if (ofMachine === 'does-not-say') machine.faults.add({ match, kind })
  const { kernel } = machine
  const composition = await compose({
    data,
    kernels: [{ kernel, drills: machine.drills, machineId: () => hostIdIn(data) }],
    clock: systemClock,
    authenticate: authenticator(null),
    allowedHosts: [],
    logLevel: 'silent',
  })
  await composition.inventory.start()
  const { items } = composition.inventory.hosts(SYSTEM, { after: null, limit: 10 })
  await composition.stop()
  await machine.close()
  return items.map(({ id, machineId, reach }) => ({ id, machineId, reach }))
}

test('a host without machine-id is known by that id, also after a restart', async () => {
  const data = dataFolder()

  const first = await hostOfStart(data, 'does-not-say')
  const second = await hostOfStart(data, 'does-not-say')

  const machineId = hostIdIn(data)
  expect(first).toEqual([{ id: hostIdOf(machineId), machineId, reach: 'reachable' }])
  expect(second).toEqual(first)
}, 60_000)

test('a host that says who it is needs no such file', async () => {
  const data = dataFolder()

  const hosts = await hostOfStart(data, 'says-who-it-is')

  expect(hosts).toHaveLength(1)
  expect(existsSync(path.join(data, 'host-id'))).toBe(false)
}, 60_000)

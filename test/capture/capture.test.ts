/** A capture is loaded to a machine of which a scan sees the same. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { captureHost } from '../../src/capture/capture-host.ts'
import { demoFleet } from '../../src/emulator/demo-fleet.ts'
import { emulatedMachine } from '../../src/emulator/power-on.ts'
import { AT_ONCE } from '../../src/emulator/timing.ts'
import { linuxHost } from '../../src/linux/linux-host.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { anyMachine } from './any-machine.ts'
import { inventoryOf, recorded } from './scanned-again.ts'

const seed = Number(process.env['CAPTURE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
process.stdout.write(`capture: seed ${seed}\n`)

test.for(demoFleet().hosts)('$name is captured whole', async (host) => {
  const { before, after } = await recorded(host)

  expect(before.functions.length).toBeGreaterThan(0)
  expect(inventoryOf(after)).toEqual(inventoryOf(before))
})

test('whatever the drives and whatever was done on them, the inventory is the same', async () => {
  await fc.assert(
    fc.asyncProperty(anyMachine, async (host) => {
      const { before, after, machine } = await recorded(host)

      expect(inventoryOf(after)).toEqual(inventoryOf(before))
      expect(machine.transcript, 'a capture changes nothing').toEqual([])
    }),
    { numRuns: 20, seed }
  )
}, 90_000)

test('an anonymous capture has none of the names, and the same of everything else', async () => {
  const [host] = demoFleet().hosts
  if (!host) throw new Error('the demo has no host')
  const plain = await recorded(host)
  const { text, captured } = await recorded(host, { hideNames: true })

  const [drive] = host.subsystems
  const names = [
    host.name,
    plain.captured.machineId,
    drive?.nqn,
    drive?.serial,
    drive?.controllers[0]?.deviceSerialNumber,
    ...(drive?.namespaces.map(({ nguid }) => nguid) ?? []),
  ]
  expect(names.length).toBeGreaterThan(40)
  for (const name of names) {
    expect(plain.text).toContain(name)
    expect(text).not.toContain(name)
  }
  const nguids = captured.subsystems.flatMap(({ namespaces }) =>
    namespaces.map((one) => one.nguid)
  )
  expect(plain.text).toContain('vendor: 0x1ff7')
  expect(new Set(nguids).size).toBe(drive?.namespaces.length)
  expect(text.split('\n').length).toBe(plain.text.split('\n').length - 1)
})

test('a function whose lane hangs is told, and nothing is captured', async () => {
  const clock = fakeClock()
  const [host] = demoFleet().hosts
  if (!host) throw new Error('the demo has no host')
  const machine = await emulatedMachine(host, { clock, timing: AT_ONCE })
  machine.faults.arm({
    match: { path: '**/sriov_numvfs' },
    kind: { fault: 'never-returns' },
  })

  const capture = captureHost(machine.kernel, linuxHost(machine.kernel, clock), clock)
  const refused = expect(capture).rejects.toThrow('0000:41:00.0 cannot be asked: ')
  for (let ms = 0; ms < 60_000; ms += 100) await clock.advance(100)

  await refused
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { SYSTEM } from '../../../src/access/caller.ts'
import { authenticator } from '../../../src/access/token.ts'
import { compose } from '../../../src/compose.ts'
import type { HostDescription } from '../../../src/emulator/fleet.ts'
import { labLikeHost } from '../../../src/emulator/lab-like-host.ts'
import type { EmulatedMachine } from '../../../src/emulator/machine.ts'
import { emulatedMachine } from '../../../src/emulator/power-on.ts'
import { AT_ONCE } from '../../../src/emulator/timing.ts'
import { hostIdOf } from '../../../src/inventory/identity.ts'
import { fakeClock, type FakeClock } from '../../support/fake-clock.ts'

const PLAIN = '0000:02:00.0'
const MACHINE_ID = '5f3c1a0e9b7d4c2f8e6a1b3d5c7f9e0a'

/** Commands that take an hour: on a drive that answers nothing they stay in flight. */
const SILENT = { depth: 3, serviceMicroseconds: 3_600_000_000 }

function silentHost(): HostDescription {
  const host = labLikeHost()
  return {
    ...host,
    machineId: MACHINE_ID,
    subsystems: host.subsystems.map((drive) => ({
      ...drive,
      controllers: drive.controllers.map((one) =>
        one.address === PLAIN ? { ...one, load: SILENT } : one
      ),
    })),
  }
}

async function served(data: string, machine: EmulatedMachine, clock: FakeClock) {
  const composition = await compose({
    data,
    kernels: [machine],
    clock,
    authenticate: authenticator(null),
    allowedHosts: [],
    logLevel: 'silent',
    history: { memoryBytes: 2 ** 24, diskBytes: 2 ** 24, fleetPeriodMs: 1000 },
  })
  await composition.inventory.rescan(SYSTEM, hostIdOf(MACHINE_ID))
  await composition.startWork()
  return composition
}

const found = ({ store }: Awaited<ReturnType<typeof served>>) =>
  store.read.events(null, 0, 1000).filter(({ type }) => type.includes('finding'))

test('queues of a drive that answers nothing are told stuck, once, through a restart', async () => {
  const data = mkdtempSync(path.join(tmpdir(), 'nvirt-findings-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  const clock = fakeClock()
  const machine = await emulatedMachine(silentHost(), { clock, timing: AT_ONCE })
  onTestFinished(() => machine.close())
  const first = await served(data, machine, clock)
  const { items } = first.store.read.controllers({}, { after: null, limit: 10 })
  const plain = items.find(({ address }) => address === PLAIN)

  await clock.advance(8_000)
  expect(found(first)).toEqual([])
  await clock.advance(20_000)
  await first.stop()
  const second = await served(data, machine, clock)
  await clock.advance(20_000)

  const told = found(second)
  expect(told.length).toBeGreaterThan(0)
  for (const { type, subject, tenant, detail } of told) {
    expect({ type, subject, tenant, finding: detail['finding'] }).toEqual({
      type: 'controller.finding-began',
      subject: { kind: 'controller', id: plain?.id },
      tenant: 'default',
      finding: 'queue-stuck',
    })
  }
  const qids = told.map(({ detail }) => detail['qid'])
  expect(new Set(qids).size).toBe(qids.length)
  await second.stop()
})

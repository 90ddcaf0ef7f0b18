/** Findings of the health of drives, by what scans have stored of them. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openFindings } from '../../../src/telemetry/findings/service.ts'
import { controllerAnswer, controllerRow, hostRow } from '../../store/rows.ts'
import { temporaryFolder, temporaryStore } from '../../store/temporary-store.ts'
import { fakeClock } from '../../support/fake-clock.ts'

const [HOST, OTHER, DRIVE] = ['host-a', 'host-b', 'controller-a']
const TEN_MINUTES_MS = 10 * 60_000

const ILL = {
  criticalWarning: 4,
  temperatureKelvin: 300,
  availableSparePercent: 100,
  percentageUsed: 3,
  dataUnitsRead: '0',
  dataUnitsWritten: '0',
  powerOnHours: '0',
  mediaErrors: '0',
}

async function illDrive() {
  const [store, data, clock] = [await temporaryStore(), temporaryFolder(), fakeClock()]
  mkdirSync(join(data, 'history'))
  const trouble: unknown[] = []
  const opened = () =>
    openFindings({
      data,
      store,
      clock,
      former: () => Promise.resolve([]),
      onTrouble: (_doing, cause) => trouble.push(cause),
    })

  /** Of the drive, by a scan of that host. */
  async function stored(set: { readonly hostId?: string; readonly present?: boolean }) {
    const controller = { ...controllerAnswer(), health: ILL }
    const row = controllerRow({ id: DRIVE, lastController: controller, ...set })
    const nothing = { virtualFunctions: [], namespaces: [] }
    await store.commit([{ write: 'reconcile', controllers: [row], ...nothing }])
  }

  const told = () =>
    store.read
      .events(null, 0, 100)
      .map(({ type, hostId, detail }) => [type, hostId, detail['numbers']])
  await store.commit([
    { write: 'putHost', row: hostRow({ id: HOST }) },
    { write: 'putHost', row: hostRow({ id: OTHER, machineId: 'b'.repeat(32) }) },
  ])
  await stored({})
  return { clock, opened, stored, told, trouble }
}

const BEGAN = ['controller.finding-began', HOST, expect.objectContaining({})]
const ENDED = ['controller.finding-ended', HOST, { why: 'no-longer-observed' }]

test('what a drive said of its health ends, once, when it has gone', async () => {
  const { clock, opened, stored, told, trouble } = await illDrive()
  const findings = await opened()
  findings.scanned(HOST)
  await stored({ present: false })
  findings.scanned(HOST)

  await clock.advance(TEN_MINUTES_MS)

  expect(findings.open()).toEqual([])
  await findings.stop()
  expect(told()).toEqual([BEGAN, ENDED])
  expect(trouble).toEqual([])
})

test('it ends after a restart too, when the drive went while nvirt was down', async () => {
  const { clock, opened, stored, told } = await illDrive()
  const before = await opened()
  before.scanned(HOST)
  await before.stop()
  await stored({ present: false })
  const findings = await opened()

  findings.scanned(HOST)
  expect(findings.open().length).toBe(1)
  await clock.advance(TEN_MINUTES_MS)

  expect(findings.open()).toEqual([])
  await findings.stop()
  expect(told()).toEqual([BEGAN, ENDED])
})

test('it goes on while the host is away, and where the drive is moved to, until it goes from there', async () => {
  const { clock, opened, stored, told } = await illDrive()
  const findings = await opened()
  findings.scanned(HOST)

  await clock.advance(TEN_MINUTES_MS)
  await stored({ hostId: OTHER })
  findings.scanned(HOST)
  findings.scanned(OTHER)
  await clock.advance(TEN_MINUTES_MS)
  const meanwhile = findings.open().length
  await stored({ hostId: OTHER, present: false })
  await clock.advance(TEN_MINUTES_MS)

  expect([meanwhile, findings.open().length]).toEqual([1, 0])
  await findings.stop()
  expect(told()).toEqual([BEGAN, ENDED])
})

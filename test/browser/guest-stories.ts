/** A guest runs on a function: what the page shows of it is what the host can see, and no more. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { systemClock } from '../../src/clock.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { remoteMachine } from '../../src/emulator/process/remote-machine.ts'
import { eventually } from '../support/eventually.ts'
import { startEmulator, startService } from '../support/service-process.ts'
import { watchErrors } from './chromium.ts'
import { Dashboard } from './dashboard.ts'
import { assertSame, FrameLog, shownFigures } from './frames.ts'
import { ServiceCalls } from './service-calls.ts'
import type { World } from './world.ts'

/** They differ in whether a guest's interrupts go past the host. */
const RELAYS = 'relays'
const POSTS = 'posts'
const SERIAL = { [RELAYS]: 'PF0', [POSTS]: 'PF0-P' }
const PF = '0000:01:00.0'
const VF = '0000:01:00.1'

function fleet() {
  const { subsystems, ...rest } = labLikeHost()
  const drives = subsystems.map((one) => ({
    ...one,
    nqn: `${one.nqn}-p`,
    serial: `${one.serial}-P`,
  }))
  const posts = { ...rest, name: POSTS, interruptPosting: true, subsystems: drives }
  return { hosts: [{ ...labLikeHost(), name: RELAYS }, posts] }
}

export async function guestStories(world: World): Promise<void> {
  const data = path.join(world.folder, 'guests')
  mkdirSync(data)
  const file = path.join(data, 'fleet.json')
  writeFileSync(file, JSON.stringify(fleet()))
  const socket = path.join(data, 'emulator.sock')
  const emulator = await startEmulator(socket, path.join(data, 'journals'), file)
  try {
    await onMachines(world, data, socket)
  } finally {
    await emulator.stop()
  }
}

async function onMachines(
  { suite, browser }: World,
  data: string,
  socket: string
): Promise<void> {
  const service = await startService({ data, fleet: `unix:${socket}` })
  const token = readFileSync(path.join(data, 'token'), 'utf8').trim()
  const calls = new ServiceCalls(service.url, token)
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } })
  const errors = watchErrors(page)
  await page.addInitScript(`sessionStorage.setItem('nvirt.token', '${token}')`)
  const dashboard = new Dashboard(page)
  await dashboard.open(service.url)
  try {
    await suite.test(
      'a guest’s VF shows its interrupts by vector, as the frame has them',
      () => showsVectors({ dashboard, calls, socket, url: service.url, token })
    )
    await suite.test(
      'a guest’s VF whose interrupts may go past the host says so, and shows no number',
      () => saysPosted({ dashboard, calls, socket })
    )
    await suite.test('guests made no error', async () => {
      assert.deepEqual(errors, [])
    })
  } finally {
    await page.close()
    await service.stop()
  }
}

type Given = {
  readonly dashboard: Dashboard
  readonly calls: ServiceCalls
  readonly socket: string
}

async function showsVectors({
  url,
  token,
  ...given
}: Given & { readonly url: string; readonly token: string }): Promise<void> {
  const { dashboard } = given
  for (const host of [RELAYS, POSTS]) await dashboard.controller(host, PF).waitFor()
  const guest = await guestOn(RELAYS, given)
  const card = dashboard.virtualFunctions(RELAYS).first()
  const rates = card.locator('[data-metric="interrupts.perSecond"]:not(.absent)')
  await rates.nth(1).waitFor()
  assert.equal(await card.locator('.relayed').isVisible(), true)
  assert.equal(await rates.count(), 2)
  const log = new FrameLog(url, [await guest.hostId()], 1_000, token)
  await sameAsItsFrame(
    dashboard.page,
    (await card.getAttribute('data-function-id')) ?? '',
    log
  )
  log.close()
  await guest.end()
  // A frame that finds the vectors gone comes before the look that finds why: it has them without a number.
  await card.locator('.relayed').waitFor({ state: 'hidden' })
  assert.equal(await rates.count(), 0)
}

/** What is shown while both look has both; a frame that only the page had does not come again. */
async function sameAsItsFrame(
  page: Page,
  functionId: string,
  log: FrameLog
): Promise<void> {
  await eventually('a frame that page and socket have', async () => {
    const shown = (await shownFigures(page)).find((one) => one.functionId === functionId)
    const frame = shown && log.frameOf(shown)
    if (frame === undefined || shown === undefined) return undefined
    assertSame(shown, frame)
    return shown.cells.some(
      ({ metric, value }) => metric === 'interrupts.perSecond' && value
    )
      ? true
      : undefined
  })
}

async function saysPosted(given: Given): Promise<void> {
  const guest = await guestOn(POSTS, given)
  const card = given.dashboard.virtualFunctions(POSTS).first()
  await card.getByText('hand them to the guest past the host').waitFor()
  assert.equal(await card.locator('[data-metric="interrupts.perSecond"]').count(), 0)
  assert.equal(await card.locator('.relayed').isVisible(), false)
  await guest.end()
}

/** Another client provisions and assigns a VF, and its guest runs. */
async function guestOn(host: typeof RELAYS | typeof POSTS, { calls, socket }: Given) {
  await calls.provisionOne(SERIAL[host], { ioQueuePairs: 2, nsid: 2 })
  await calls.assignFirst(SERIAL[host], `vm-${host}`)
  const machine = remoteMachine(socket, host, systemClock)
  const letGo = await machine.holdVfioGroup(await groupOf(machine), 'qemu')
  return {
    hostId: () => calls.hostId(host),
    end: async () => {
      await letGo()
      await machine.close()
    },
  }
}

async function groupOf({ kernel }: ReturnType<typeof remoteMachine>): Promise<number> {
  const path = `/sys/bus/pci/devices/${VF}/iommu_group`
  const target = await kernel.call({ call: 'readLink', path })
  return Number(target.split('/').at(-1))
}

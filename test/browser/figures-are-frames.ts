/** The page shows the fleet, its numbers move, and they are the socket's numbers. */
import assert from 'node:assert/strict'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { demoFleet } from '../../src/emulator/demo-fleet.ts'
import { eventually } from '../support/eventually.ts'
import { atSize } from '../support/test-size.ts'
import { watchErrors } from './chromium.ts'
import { Dashboard } from './dashboard.ts'
import { assertMoved, assertSame, FrameLog, laterFigures } from './frames.ts'
import type { Shown } from './frames.ts'
import { startService } from '../support/service-process.ts'
import { assertDrawn } from './lines.ts'
import type { World } from './world.ts'

const PERIOD_MS = 1000
/** Frames that each card is looked at for. */
const LOOKS = atSize({ normal: 4, full: 60 })

export async function figuresAreFrames({ suite, browser, folder }: World): Promise<void> {
  const data = path.join(folder, 'figures')
  let service = await startService({ data })
  const page = await browser.newPage()
  const errors = watchErrors(page)
  const hostIds = await scannedHosts(service.url)
  const log = new FrameLog(service.url, hostIds, PERIOD_MS)
  try {
    await suite.test(
      'the page shows every host and every controller of the fleet',
      async () => {
        await page.goto(service.url)
        await showsFleet(page)
      }
    )
    await suite.test(
      'figures are those of the frame with the same sequence number, and lines those of all before',
      () => figuresMoveAsFrames(page, log)
    )
    await suite.test(
      'numbers of a service that is away are not left standing',
      async () => {
        await service.stop('SIGKILL')
        await page.locator('#connection[data-state="closed"]').waitFor()
        await page.getByText('No numbers have come since').first().waitFor()
        service = await startService({ data, port: service.port })
        await page.locator('#connection[data-state="open"]').waitFor()
        await page.locator('.figures[data-observed="true"]').first().waitFor()
      }
    )
    await suite.test('the page made no error, and its policy refused nothing', async () => {
      assert.deepEqual(errors, [])
    })
  } finally {
    log.close()
    await page.close()
    await service.stop()
  }
}

async function showsFleet(page: Page): Promise<void> {
  const { hosts } = demoFleet()
  const dashboard = new Dashboard(page)
  for (const host of hosts) {
    const controllers = host.subsystems.flatMap((one) => one.controllers)
    for (const { address } of controllers) {
      await dashboard.controller(host.name, address).waitFor()
    }
    const cards = dashboard.host(host.name).locator('article.controller')
    assert.equal(await cards.count(), controllers.length)
  }
}

async function figuresMoveAsFrames(page: Page, log: FrameLog): Promise<void> {
  await page.locator('.figures[data-observed="true"]').first().waitFor()
  let last: readonly Shown[] = []
  let compared = 0
  let longest = 0
  for (let look = 0; look < LOOKS; look++) {
    const shown = await laterFigures(page, last)
    if (look > 0) assertMoved(last, shown)
    last = shown
    for (const card of shown) {
      const frame = await eventually(`frame ${card.sequence}`, () => log.frameOf(card))
      assertSame(card, frame)
      if (frame.observed) {
        const { functionId } = card
        const frameOf = (sequence: number) => log.frameOf({ functionId, sequence })
        longest = Math.max(longest, assertDrawn(card, frameOf))
      }
      compared += card.cells.length
    }
  }
  assert.ok(longest >= LOOKS, `the longest line has ${longest} points`)
  assert.ok(compared > 100, `only ${compared} figures were there to compare`)
}

/** The first scan runs on behind the start of the service. */
function scannedHosts(url: string): Promise<readonly string[]> {
  const expected = demoFleet().hosts.length
  return eventually('the first scan of every host', async () => {
    const answer = await fetch(`${url}/v1/hosts`)
    const { items } = (await answer.json()) as { items: readonly { id: string }[] }
    return items.length === expected ? items.map(({ id }) => id) : undefined
  })
}

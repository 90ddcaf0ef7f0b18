/** A fleet that is not the demo needs the token, and the page asks for it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { Dashboard } from './dashboard.ts'
import { assertMoved, laterFigures, shownFigures } from './frames.ts'
import { startService } from '../support/service-process.ts'
import type { World } from './world.ts'

export async function asksForToken({ suite, browser, folder }: World): Promise<void> {
  const data = path.join(folder, 'token')
  mkdirSync(data)
  const fleet = path.join(data, 'fleet.json')
  writeFileSync(fleet, JSON.stringify({ hosts: [labLikeHost()] }))
  const service = await startService({ data, fleet })
  const page = await browser.newPage()
  const dashboard = new Dashboard(page)
  try {
    await suite.test('the page asks for the token until it has the right one', async () => {
      await page.goto(service.url)
      const field = dashboard.dialog.getByLabel('Token')
      await field.fill('wrong')
      await dashboard.press(dashboard.dialog, 'Use it')
      await dashboard.dialog.getByText('the token is wrong').waitFor()
      await field.fill(readFileSync(path.join(data, 'token'), 'utf8').trim())
      await dashboard.press(dashboard.dialog, 'Use it')
      await dashboard.host('rack1-lab-b').waitFor()
    })
    await suite.test('with the token the numbers move', async () => {
      await page.locator('#connection[data-state="open"]').waitFor()
      await page.locator('.figures[data-observed="true"]').first().waitFor()
      const first = await shownFigures(page)
      assertMoved(first, await laterFigures(page, first))
    })
  } finally {
    await page.close()
    await service.stop()
  }
}

/** What an operator does who wants to know first: plans, drift, and declared VFs. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { watchErrors } from './chromium.ts'
import { Dashboard } from './dashboard.ts'
import { adopted, healed, healsByItself } from './drift-stories.ts'
import { planned, refused, takesDown } from './plan-stories.ts'
import { declared } from './policy-stories.ts'
import { ServiceCalls } from './service-calls.ts'
import { ambiguous, lost, quarantined, restoring } from './standing-stories.ts'
import { startService } from '../support/service-process.ts'
import { storiesFleet } from './stories-fleet.ts'
import type { Story } from './story.ts'
import type { World } from './world.ts'

const STORIES: Readonly<Record<string, (story: Story) => Promise<void>>> = {
  'a plan tells everything that speaks against it at once': refused,
  'a plan tells what it resets, and whom that takes down': takesDown,
  'a provisioning is planned, and a plan that the world has left behind says what moved':
    planned,
  'a VF that lost its queues is shown as desired against actual, and healed': healed,
  'a host heals by itself once it is told to': healsByItself,
  'a VF that somebody else made is adopted': adopted,
  'three VFs are declared, and come by themselves': declared,
  'two drives that claim one identity are ambiguous until one of them is removed':
    ambiguous,
  'a drive that is pulled from its consumer is lost, and his again once it is back': lost,
  'what a reboot took away is being restored, and so says its host': restoring,
  'what could not be cleaned is quarantined, and cleaned again': quarantined,
}

export async function operatorStories({ suite, browser, folder }: World): Promise<void> {
  const data = path.join(folder, 'operator')
  mkdirSync(data)
  const fleet = path.join(data, 'fleet.json')
  writeFileSync(fleet, JSON.stringify(storiesFleet()))
  const service = await startService({ data, fleet, drills: true })
  const token = readFileSync(path.join(data, 'token'), 'utf8').trim()
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } })
  const errors = watchErrors(page)
  const dashboard = new Dashboard(page)
  const story = { dashboard, service: new ServiceCalls(service.url, token) }
  await page.addInitScript(`sessionStorage.setItem('nvirt.token', '${token}')`)
  await dashboard.open(service.url)
  try {
    for (const [name, tell] of Object.entries(STORIES)) {
      await suite.test(name, () => tell(story))
    }
    await suite.test('the stories made no error', async () => {
      assert.deepEqual(errors, [])
    })
  } finally {
    await page.close()
    await service.stop()
  }
}

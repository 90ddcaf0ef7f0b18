/** The README's first command in a clean clone brings up the page, and the page shows the fleet. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { demoFleet } from '../../src/emulator/demo-fleet.ts'
import { launchChromium, watchErrors } from '../browser/chromium.ts'
import { Dashboard } from '../browser/dashboard.ts'
import { assertMoved, laterFigures, shownFigures } from '../browser/frames.ts'
import { eventually } from '../support/eventually.ts'
import { cleanClone, type CleanClone, type Running } from './clean-clone.ts'

/** npm ci and the build: three minutes, but where better-sqlite3 has to be compiled on a busy machine many more. */
const STARTS_WITHIN_MS = 20 * 60_000
const LOOKS_WITHIN_MS = 2 * 60_000

let clone: CleanClone
let data: string
let running: Running
let url: string

beforeAll(async () => {
  clone = cleanClone()
  data = mkdtempSync(path.join(tmpdir(), 'nvirt-first-command-'))
  running = clone.run(clone.commands[0], { NVIRT_LISTEN: '127.0.0.1:0', NVIRT_DATA: data })
  url = await addressOf(running)
}, STARTS_WITHIN_MS + 60_000)

afterAll(async () => {
  await running?.kill()
  clone?.remove()
  rmSync(data, { recursive: true, force: true })
}, 60_000)

test(
  'the first command brings up a page that shows the whole fleet, with numbers that move',
  async () => {
    const browser = await launchChromium()
    try {
      const page = await browser.newPage()
      const errors = watchErrors(page)
      const dashboard = new Dashboard(page)
      await page.goto(url)

      for (const { name, subsystems } of demoFleet().hosts) {
        const addresses = subsystems.flatMap(({ controllers }) =>
          controllers.map(({ address }) => address)
        )
        for (const address of addresses) await dashboard.controller(name, address).waitFor()
      }
      await page.locator('.figures[data-observed="true"]').first().waitFor()
      const first = await shownFigures(page)
      assertMoved(first, await laterFigures(page, first))

      expect(errors).toEqual([])
    } finally {
      await browser.close()
    }
  },
  LOOKS_WITHIN_MS
)

test(
  'it ends as it is told to, without a word of trouble',
  async () => {
    const status = await running.stop()

    expect(status, running.said()).toBe(0)
    expect(running.said()).not.toMatch(/"level":(50|60)/)
  },
  LOOKS_WITHIN_MS
)

async function addressOf({ said, child }: Running): Promise<string> {
  const look = () => {
    if (child.exitCode !== null) throw new Error(`it ended: ${said()}`)
    return /nvirt: dashboard at (\S+)/.exec(said())?.[1]
  }
  return eventually('it prints the address of its page', look, STARTS_WITHIN_MS)
}

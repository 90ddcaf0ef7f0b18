/** The live page in a real Chromium against the real service. `--source` runs it from the sources. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { launchChromium } from './chromium.ts'
import { clickThrough } from './click-through.ts'
import { figuresAreFrames } from './figures-are-frames.ts'
import { asksForToken } from './asks-for-token.ts'
import { operatorStories } from './operator-stories.ts'
import { guestStories } from './guest-stories.ts'
import { Suite } from './suite.ts'

const suite = new Suite('browser')
const folder = mkdtempSync(path.join(tmpdir(), 'nvirt-browser-'))
const browser = await launchChromium()
try {
  const world = { suite, browser, folder }
  await figuresAreFrames(world)
  await clickThrough(world)
  await operatorStories(world)
  await guestStories(world)
  await asksForToken(world)
} finally {
  await browser.close()
  rmSync(folder, { recursive: true, force: true })
}
suite.report()
process.exitCode = suite.failed() ? 1 : 0

/** A real Chromium, without a profile of its own and without anything that calls home. */
import { userInfo } from 'node:os'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'

const CHROMIUM = '/usr/bin/chromium'

const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function launchChromium(): Promise<Browser> {
  const asRoot = userInfo().uid === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...asRoot] })
}

/** Errors of the page's own code, and everything that its policy refused. */
export function watchErrors(page: Page): readonly string[] {
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    // What a failed request logs by itself is shown to the operator, and no error of the page.
    if (message.type() === 'error' && !isAboutTheNetwork(message.text()))
      errors.push(message.text())
  })
  return errors
}

function isAboutTheNetwork(text: string): boolean {
  return /Failed to load resource|WebSocket connection to/.test(text)
}

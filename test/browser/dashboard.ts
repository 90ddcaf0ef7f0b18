/** The page's own elements, found as an operator finds them. */
import assert from 'node:assert/strict'
import type { Locator, Page } from 'playwright-core'
import { eventually } from '../support/eventually.ts'

/** Tells each state that an operation shows. As text: tsx would have it call helpers that the page does not have. */
const TELL_STATES = `new MutationObserver(() => {
  for (const { dataset } of document.querySelectorAll('article.operation'))
    operationShows(dataset.operationId, dataset.state)
}).observe(document.getElementById('operations'), {
  subtree: true, childList: true, attributes: true, attributeFilter: ['data-state'],
})`

/** Long enough for the slowest machine: a test fails by its own limit first. */
const PATIENCE_MS = 30_000

export class Dashboard {
  readonly page: Page
  readonly #states = new Map<string, string[]>()

  constructor(page: Page) {
    this.page = page
    page.setDefaultTimeout(PATIENCE_MS)
  }

  host(name: string): Locator {
    return this.page
      .locator('.host')
      .filter({ has: this.page.getByRole('heading', { name }) })
  }

  /** The card of a controller, by its PCI address, within a host. */
  controller(host: string, address: string): Locator {
    return this.host(host).locator('article.controller').filter({ hasText: address })
  }

  /** The cards of VFs that are in use, within a host. */
  virtualFunctions(host: string): Locator {
    return this.host(host).locator('article.virtualFunction')
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog')
  }

  /** The newest operation. */
  get operation(): Locator {
    return this.page.locator('article.operation').first()
  }

  #statesToEnd(id: string): readonly string[] | undefined {
    const states = this.#states.get(id)
    return states?.at(-1) === 'succeeded' ? states : undefined
  }

  press(within: Locator, button: string): Promise<void> {
    return within.getByRole('button', { name: button }).click()
  }

  /** Goes to the page, and looks at operations from then on: some states last less than a look of a test. */
  async open(url: string): Promise<void> {
    await this.page.exposeFunction('operationShows', (id: string, state: string) => {
      const states = this.#states.get(id) ?? []
      if (states.at(-1) !== state) this.#states.set(id, [...states, state])
    })
    await this.page.goto(url)
    await this.page.evaluate(TELL_STATES)
  }

  /** The newest operation is this one; it was seen running, and has ended well. */
  async succeeded(name: string): Promise<void> {
    await this.operation.getByRole('heading', { name }).waitFor()
    await this.operation.and(this.page.locator('[data-state="succeeded"]')).waitFor()
    const id = (await this.operation.getAttribute('data-operation-id')) ?? ''
    const states = await eventually('its end was told too', () => this.#statesToEnd(id))
    assert.ok(states.includes('running'), `it was only seen ${states.join(', ')}`)
  }
}

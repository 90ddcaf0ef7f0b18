import type { Browser } from 'playwright-core'
import type { Suite } from './suite.ts'

export type World = {
  readonly suite: Suite
  readonly browser: Browser
  /** For data folders of services. Removed at the end. */
  readonly folder: string
}

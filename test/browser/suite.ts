/** A runner of a few tests in order, for what vitest is not needed for: names, times, and a report. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { atSize } from '../support/test-size.ts'

type Outcome = {
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  readonly ms: number
  readonly error?: string
}

const WITHIN_MS = atSize({ normal: 45_000, full: 180_000 })

export class Suite {
  readonly #name: string
  readonly #outcomes: Outcome[] = []

  constructor(name: string) {
    this.#name = name
  }

  /** After a failure the rest is skipped: each test begins where the one before left the page. */
  async test(name: string, run: () => Promise<void>): Promise<void> {
    if (this.#outcomes.some(({ outcome }) => outcome !== 'passed')) {
      this.#add({ name, outcome: 'skipped', ms: 0 })
      return
    }
    const begun = performance.now()
    const error = await within(run()).then(
      () => undefined,
      (cause: unknown) =>
        cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
    )
    const ms = Math.round(performance.now() - begun)
    this.#add(
      error === undefined
        ? { name, outcome: 'passed', ms }
        : { name, outcome: 'failed', ms, error }
    )
  }

  failed(): boolean {
    return this.#outcomes.some(({ outcome }) => outcome === 'failed')
  }

  /** Prints the report, and writes it where REPORT says. */
  report(): void {
    const count = (wanted: Outcome['outcome']) =>
      this.#outcomes.filter(({ outcome }) => outcome === wanted).length
    const report = JSON.stringify({
      suite: this.#name,
      passed: count('passed'),
      failed: count('failed'),
      skipped: count('skipped'),
      tests: this.#outcomes,
    })
    process.stdout.write(`${report}\n`)
    const file = process.env['REPORT']
    if (file === undefined) return
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, report)
  }

  #add(outcome: Outcome): void {
    this.#outcomes.push(outcome)
    process.stderr.write(`${outcome.outcome}: ${outcome.name} (${outcome.ms} ms)\n`)
    if (outcome.error !== undefined) process.stderr.write(`${outcome.error}\n`)
  }
}

function within(run: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`not within ${WITHIN_MS} ms`)),
      WITHIN_MS
    )
    run.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

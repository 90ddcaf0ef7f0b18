/** The committed document passes the rules of others, and has no operation without a test. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { DOCUMENT_FILE, operations } from './document.ts'

const run = promisify(execFile)
const project = path.dirname(DOCUMENT_FILE)
const bin = (name: string) => path.join(project, 'node_modules/.bin', name)

/** Operations that no test calls well, and that no test is refused by. Both lists may only shrink. */
const NEVER_CALLED: readonly string[] = ['streamTelemetry'] // a WebSocket: telemetry-socket.test.ts
const NEVER_REFUSED: readonly string[] = ['getHealth'] // nothing of a request can be wrong

test('every operation has a test of the good answer and of a refusal', () => {
  const tests = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(path.join(import.meta.dirname, name), 'utf8'))
    .join('\n')
  const ids = operations.map(({ id }) => id)

  const notCalled = ids.filter((id) => !calls('ok', id, tests) && !calls('send', id, tests))
  const notRefused = ids.filter((id) => !calls('no', id, tests))

  expect(notCalled).toEqual(NEVER_CALLED)
  expect(notRefused.filter((id) => !inTables(id, tests))).toEqual(NEVER_REFUSED)
})

/** `api.ok<Type>('listHosts'`. */
function calls(method: string, id: string, tests: string): boolean {
  return new RegExp(`\\.${method}(<[^(]*>)?\\(\\s*'${id}'`).test(tests)
}

/** Named in a table of refusals, as `'listHosts',` on a line of its own. */
function inTables(id: string, tests: string): boolean {
  return new RegExp(`^\\s+'${id}',$`, 'm').test(tests)
}

test("the document passes Redocly's recommended rules", async () => {
  const linted = await run(bin('redocly'), ['lint', 'openapi.yaml', '--format=json'], {
    cwd: project,
    env: {
      ...process.env,
      REDOCLY_TELEMETRY: 'off',
      REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
    },
  })

  const { totals } = JSON.parse(linted.stdout) as { totals: { errors: number } }
  expect(totals.errors).toBe(0)
}, 60_000)

test("the document passes Spectral's recommended rules", async () => {
  const words = [
    'lint',
    'openapi.yaml',
    '--format=json',
    '--fail-severity=error',
    '--quiet',
  ]
  const { stdout } = await run(bin('spectral'), words, { cwd: project })

  const findings = JSON.parse(stdout.slice(stdout.indexOf('['))) as { severity: number }[]
  expect(findings.filter(({ severity }) => severity === 0)).toEqual([])
}, 60_000)

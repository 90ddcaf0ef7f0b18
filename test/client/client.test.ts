/** A client generated from the committed document compiles, and does the main job. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync, copyFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import createClient from 'openapi-fetch'
import openapiTS, { astToString } from 'openapi-typescript'
import { expect, onTestFinished, test } from 'vitest'
import { DOCUMENT_FILE } from '../api/document.ts'
import { emulatedService, PF } from '../api/emulated-service.ts'
import type { paths } from './schema.ts'
import { scenario } from './scenario.ts'

const run = promisify(execFile)
const project = path.dirname(DOCUMENT_FILE)

test('a client generated from the document compiles with the scenario', async () => {
  // Within the project, so that its packages are found.
  const folder = mkdtempSync(path.join(import.meta.dirname, '.generated-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const types = astToString(await openapiTS(new URL(`file://${DOCUMENT_FILE}`)))
  writeFileSync(path.join(folder, 'schema.ts'), types)
  copyFileSync(
    path.join(import.meta.dirname, 'scenario.ts'),
    path.join(folder, 'scenario.ts')
  )
  const tsconfig = {
    extends: path.join(project, 'tsconfig.json'),
    include: [path.join(folder, '*.ts')],
  }
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))

  const tsc = path.join(project, 'node_modules/typescript/bin/tsc')
  const { code, stdout } = await run(process.execPath, [tsc, '-p', folder]).then(
    (good) => ({ ...good, code: 0 }),
    (failed: { stdout: string; code: unknown }) => failed
  )

  expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
}, 60_000)

test('the generated client provisions, assigns, releases and retires', async () => {
  const service = await emulatedService()
  onTestFinished(() => service.stop())
  const client = createClient<paths>({ baseUrl: `http://127.0.0.1:${service.port}` })
  const before = service.machine.snapshot()

  const report = await scenario(client, {
    address: PF,
    nsids: [2, 3],
    ioQueuePairs: [3, 2],
  })

  expect(report.operations.map(({ state }) => state)).toEqual(Array(5).fill('succeeded'))
  expect(report.virtualFunctions).toHaveLength(2)
  expect(service.machine.snapshot()).toEqual(before)
}, 60_000)

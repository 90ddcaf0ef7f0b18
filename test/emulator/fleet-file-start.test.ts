import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { demoFleet } from '../../src/emulator/demo-fleet.ts'

const PROJECT = path.resolve(import.meta.dirname, '../..')

/** The demo fleet, whose last host has one thing wrong with it. */
function badFleet(folder: string): string {
  const file = path.join(folder, 'fleet.yaml')
  const text = stringify(demoFleet(), { aliasDuplicateObjects: false })
  const last = text.lastIndexOf('cpus: ')
  writeFileSync(
    file,
    `${text.slice(0, last)}cpus: many${text.slice(text.indexOf('\n', last))}`
  )
  return file
}

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'nvirt-fleet-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

test('a service with a malformed machine file says why, ends, and leaves nothing half loaded', () => {
  const folder = temporaryFolder()
  const file = badFleet(folder)
  const data = path.join(folder, 'data')

  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'src/main.ts'],
    {
      cwd: PROJECT,
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        NVIRT_FLEET: file,
        NVIRT_DATA: data,
        NVIRT_LISTEN: '127.0.0.1:0',
      },
    }
  )

  expect(stderr).toMatch(
    new RegExp(
      `^nvirt: ${file}:\\d+: hosts\\[4\\]\\.cpus: must be a whole number from 1 to 1024\n$`
    )
  )
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  const left = readdirSync(data, { recursive: true, encoding: 'utf8' })
  expect(left.filter((name) => !name.startsWith('lock'))).toEqual([])
}, 60_000)

test('an emulator process with a malformed machine file says why, ends, and leaves nothing', () => {
  const folder = temporaryFolder()
  const file = badFleet(folder)
  const journals = path.join(folder, 'journals')
  const socket = path.join(folder, 'socket')

  const { status, stderr } = spawnSync(
    process.execPath,
    [
      '--import',
      'tsx',
      'src/emulator/serve.ts',
      '--socket',
      socket,
      '--journals',
      journals,
      '--fleet',
      file,
    ],
    { cwd: PROJECT, encoding: 'utf8', env: { PATH: process.env['PATH'] } }
  )

  expect(stderr).toMatch(
    new RegExp(`^emulator: ${file}:\\d+: hosts\\[4\\]\\.cpus: must be `)
  )
  expect(status).toBe(1)
  expect(readdirSync(folder)).toEqual(['fleet.yaml'])
}, 60_000)

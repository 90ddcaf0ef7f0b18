/** The process itself, from its environment on: whom it lets in, and what it says when it cannot start. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { labLikeHost } from '../src/emulator/lab-like-host.ts'
import { startService } from './support/service-process.ts'

const PROJECT = path.resolve(import.meta.dirname, '..')

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'nvirt-main-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a fleet that is not the demo is for those who have the token of the first start', async () => {
  const data = temporaryFolder()
  const fleet = path.join(data, 'fleet.json')
  writeFileSync(fleet, JSON.stringify({ hosts: [labLikeHost()] }))
  const { url, stop } = await startService({ data, fleet })
  onTestFinished(() => stop())
  const hosts = async (headers: Readonly<Record<string, string>>) => {
    const answer = await fetch(`${url}/v1/hosts`, { headers })
    const type = answer.headers.get('content-type')?.split(';')[0]
    const body = (await answer.json()) as { type?: string; items?: unknown }
    return [answer.status, type, body.type ?? Object.keys(body)]
  }
  const token = readFileSync(path.join(data, 'token'), 'utf8').trim()

  const refusal = [401, 'application/problem+json', 'urn:nvirt:problem:unauthenticated']
  expect(await hosts({})).toEqual(refusal)
  expect(await hosts({ authorization: `Bearer ${token}x` })).toEqual(refusal)
  expect(await hosts({ authorization: `Bearer ${token}` })).toEqual([
    200,
    'application/json',
    ['items', 'nextCursor'],
  ])
  expect(statSync(path.join(data, 'token')).mode & 0o777).toBe(0o600)
}, 60_000)

test('a start that its environment forbids ends with 1, and names the variable', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  onTestFinished(() => void taken.close())
  const { port } = taken.address() as AddressInfo // a TCP socket
  const bad = [
    ['NVIRT_LISTEN', '8420'],
    ['NVIRT_LISTEN', `127.0.0.1:${port}`],
    ['NVIRT_FLEET', '/no/such/fleet.yaml'],
    ['NVIRT_DATA', '/dev/null'],
    ['NVIRT_DATA', '/sys/nvirt'],
  ] as const

  const ends = await Promise.all(bad.map(([name, value]) => startedWith({ [name]: value })))

  for (const [n, { code, stdout, stderr }] of ends.entries()) {
    const [variable, value] = bad[n] ?? []
    expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^nvirt: [^\n]+\n$/)
    expect(stderr).toContain(`nvirt: ${variable}=${JSON.stringify(value)} cannot be used: `)
  }
  expect(ends[1]?.stderr).toContain('EADDRINUSE')
}, 60_000)

test('a capture with arguments that it does not have ends with 1, and tells the usage', async () => {
  const ends = await Promise.all([
    startedWith({}, ['capture', '--quietly']),
    startedWith({}, ['capture', 'one.yaml', 'two.yaml']),
  ])

  for (const { code, stdout, stderr } of ends) {
    expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('nvirt: the usage is capture [--anonymous] [FILE]: ')
  }
}, 60_000)

async function startedWith(
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = []
) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', ...args], {
    cwd: PROJECT,
    env: {
      PATH: process.env['PATH'],
      NVIRT_LISTEN: '127.0.0.1:0',
      NVIRT_DATA: temporaryFolder(),
      NVIRT_LOG: 'silent',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  return { code, stdout, stderr }
}

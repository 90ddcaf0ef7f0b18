/** Runs the compiled service once, on the demo fleet, so that what it then has compiled can be kept for later starts. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const ADDRESS = /dashboard at (http:\/\/\S+)\//
const ASKED = ['healthz', 'v1/hosts', 'v1/controllers', 'v1/operations', 'v1/events']

/** @param {string} main */
export async function rehearse(main) {
  const data = mkdtempSync(path.join(tmpdir(), 'nvirt-rehearsal-'))
  const service = spawn(process.execPath, [main, '--write-code-cache'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: environment(data),
  })
  try {
    const ended = once(service, 'exit')
    const address = await addressOf(service)
    for (const resource of ASKED) await (await fetch(`${address}/${resource}`)).text()
    service.kill('SIGTERM')
    const [status] = await ended
    if (status !== 0) throw new Error(`the rehearsal ended with status ${status}`)
  } finally {
    service.kill('SIGKILL')
    rmSync(data, { recursive: true, force: true })
  }
}

/**
 * Nothing of the caller's: a build must not touch the machine that NVIRT_FLEET may name.
 *
 * @param {string} data
 */
function environment(data) {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('NVIRT_'))
  return {
    ...Object.fromEntries(others),
    NVIRT_FLEET: 'demo',
    NVIRT_LISTEN: '127.0.0.1:0',
    NVIRT_DATA: data,
    NVIRT_LOG: 'silent',
  }
}

/** @param {import('node:child_process').ChildProcess} service */
async function addressOf(service) {
  let said = ''
  for await (const text of service.stdout) {
    said += text
    const address = ADDRESS.exec(said)?.[1]
    if (address !== undefined) return address
  }
  throw new Error(`the rehearsal did not start: ${said}`)
}

/** Commands that run to their end, and processes that go on until they are told to end. */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { AgentRequest, Ended, Ran } from './protocol.ts'

type Started = { readonly child: ChildProcess; readonly ended: Promise<Ended> }

const started = new Map<string, Started>()

export function run(request: AgentRequest & { readonly ask: 'run' }): Promise<Ran> {
  const [program = '', ...rest] = request.command
  return new Promise((resolve) => {
    const child = spawn(program, rest, {
      timeout: request.timeoutMs,
      killSignal: 'SIGKILL',
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString('latin1')))
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString('latin1')))
    child.on('error', (error) => resolve({ status: 127, stdout, stderr: error.message }))
    child.on('close', (status) => resolve({ status, stdout, stderr }))
    child.stdin.on('error', () => {}) // the command may end without reading all of it
    child.stdin.end(request.input ?? '')
  })
}

export async function start(
  request: AgentRequest & { readonly ask: 'start' }
): Promise<{ pid: number }> {
  const [program = '', ...rest] = request.command
  const log = openSync(request.log, 'a')
  const child = spawn(program, rest, {
    env: { ...process.env, ...request.environment },
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (status, name) => {
      console.log(`${request.name} ended: ${name ?? `status ${status}`}`)
      resolve({ status, signal: name })
    })
  })
  await new Promise((resolve, reject) => {
    child.on('spawn', resolve)
    child.on('error', reject)
  })
  started.set(request.name, { child, ended })
  return { pid: child.pid ?? 0 }
}

export function signal(name: string, kind: NodeJS.Signals): { sent: boolean } {
  return { sent: processNamed(name).child.kill(kind) }
}

export function endOf(name: string): Promise<Ended> {
  return processNamed(name).ended
}

function processNamed(name: string): Started {
  const found = started.get(name)
  if (!found) throw new Error(`no process ${name} was started`)
  return found
}

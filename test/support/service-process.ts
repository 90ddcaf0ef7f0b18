/** Processes of nvirt's own, compiled as the first command of the README starts them: the service, emulated machines. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { isCompiled } from '../../scripts/set-up.mjs'

const PROJECT = path.resolve(import.meta.dirname, '../..')
export const STARTS_WITHIN_MS = 30_000

export type Service = {
  /** `http://127.0.0.1:41234`. */
  readonly url: string
  readonly port: number
  /** @param signal SIGKILL: as a crash */
  readonly stop: (signal?: 'SIGTERM' | 'SIGKILL') => Promise<void>
}

export type ServiceOptions = {
  readonly data: string
  /** 0: the system chooses. */
  readonly port?: number
  readonly fleet?: string
  /** Emulated hosts may be made to fail. */
  readonly drills?: boolean
}

/** @throws Error with what it said, when it does not start */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { data, port = 0, fleet = 'demo', drills = false } = options
  const child = spawn(process.execPath, entry('main'), {
    cwd: PROJECT,
    env: {
      ...process.env,
      NVIRT_LISTEN: `127.0.0.1:${port}`,
      NVIRT_DATA: data,
      NVIRT_FLEET: fleet,
      NVIRT_DRILLS: drills ? 'allowed' : 'refused',
      NVIRT_LOG: 'warn',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const url = await promised(child, /^nvirt: dashboard at (http:\/\/\S+?)\/?$/)
  return { url, port: Number(new URL(url).port), stop: (signal) => stop(child, signal) }
}

export type EmulatorProcess = { readonly stop: () => Promise<void> }

/**
 * Emulated machines that outlive a service which is killed.
 *
 * @param fleet file that describes them
 */
export async function startEmulator(
  socket: string,
  journals: string,
  fleet: string
): Promise<EmulatorProcess> {
  const where = ['--socket', socket, '--journals', journals, '--fleet', fleet]
  const child = spawn(process.execPath, [...entry('emulator/serve'), ...where], {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  await promised(child, /^emulator: (\d+) machines/)
  return { stop: () => stop(child) }
}

/** What is compiled, unless the sources are newer; the sources with `--source`. */
function entry(program: 'main' | 'emulator/serve'): readonly string[] {
  const fromSources = process.argv.includes('--source') || !isCompiled()
  return fromSources
    ? ['--import', 'tsx', path.join(PROJECT, `src/${program}.ts`)]
    : [path.join(PROJECT, `dist/${program}.js`)]
}

/** What the line says with which it tells that it is ready. */
function promised(child: ChildProcess, line: RegExp): Promise<string> {
  const { stdout, stderr } = child
  if (!stdout || !stderr) throw new Error('its output is not piped')
  let said = ''
  stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail('it does not start'), STARTS_WITHIN_MS)
    const fail = (why: string) => reject(new Error(`${why}: ${said}`))
    child.once('exit', (code) => fail(`it ended with ${code}`))
    createInterface(stdout).on('line', (text) => {
      const told = line.exec(text)?.[1]
      if (told === undefined) return
      clearTimeout(timer)
      resolve(told)
    })
  })
}

async function stop(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  const impatient = setTimeout(() => child.kill('SIGKILL'), 10_000)
  child.kill(signal)
  await ended
  clearTimeout(impatient)
}

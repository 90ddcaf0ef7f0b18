/** A clone of HEAD in an empty folder, as somebody else gets it, and what its README tells to run. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fencedBlocks, PROJECT } from '../repository/documents.ts'

export type CleanClone = {
  /** The README's first two blocks of shell: one runs nvirt, one tests it. */
  readonly commands: readonly [runs: string, tests: string]
  readonly run: (command: string, environment: Readonly<Record<string, string>>) => Running
  /** The clone goes. What was run in it has ended. */
  readonly remove: () => void
}

export type Running = {
  readonly child: ChildProcess
  /** All that it has said. */
  readonly said: () => string
  /** Its exit status, when it has ended. */
  readonly ended: Promise<number | null>
  /** Asks the command to end, as an operator does: not its shell, which would not wait for it. Gives the status. */
  readonly stop: () => Promise<number | null>
  /** Ends it and all that it started, whatever it does. Where that is cut short, it ends with the runner's group. */
  readonly kill: () => Promise<void>
}

export function cleanClone(): CleanClone {
  const folder = mkdtempSync(path.join(tmpdir(), 'nvirt-clone-'))
  execFileSync('git', ['clone', '--quiet', PROJECT, folder])
  const readme = readFileSync(path.join(folder, 'README.md'), 'utf8')
  const [runs = '', tests = ''] = fencedBlocks(readme, 'sh')
  return {
    commands: [runs, tests],
    run: (command, environment) => run(folder, command, environment),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function run(
  folder: string,
  command: string,
  environment: Readonly<Record<string, string>>
): Running {
  const child = spawn('sh', ['-c', command], {
    cwd: folder,
    env: { ...ofALogin(process.env), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = once(child, 'close').then(() => child.exitCode)
  const gone = once(child, 'exit').then(() => child.exitCode)
  async function stop(): Promise<number | null> {
    for (const pid of childrenOf(child.pid)) process.kill(pid, 'SIGTERM')
    return ended
  }
  async function kill(): Promise<void> {
    const hasEnded = child.exitCode !== null || child.signalCode !== null
    if (child.pid !== undefined && !hasEnded) killTree(child.pid)
    await gone
  }
  return { child, said: () => said, ended, stop, kill }
}

/** The parent first: it could start others. */
function killTree(pid: number): void {
  const children = childrenOf(pid)
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has just ended
  }
  for (const child of children) killTree(child)
}

/**
 * Of all its threads.
 *
 * Source: Linux Documentation/filesystems/proc.rst, "/proc/<pid>/task/<tid>/children".
 */
function childrenOf(pid: number | undefined): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .flatMap(
        (thread) =>
          readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').match(/\d+/g) ?? []
      )
      .map(Number)
  } catch {
    return [] // it has just ended
  }
}

/** What the test runner and npm put into the environment of what they start. */
const NOT_OF_A_LOGIN =
  /^(VITEST|TEST|NODE_(ENV|OPTIONS)$|NVIRT_|REPORT$|INIT_CWD$|(PROD|DEV|MODE|SSR|BASE_URL)$)/

/** npm hands its own configuration down; of that only how it reaches its registry is the machine's. */
const NPM_OF_A_LOGIN = /^npm_config_(registry|cafile|cache|userconfig|https?_proxy|proxy)$/

function ofALogin(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) =>
    name.startsWith('npm_') ? NPM_OF_A_LOGIN.test(name) : !NOT_OF_A_LOGIN.test(name)
  )
  const folders = (environment['PATH'] ?? '').split(':')
  const own = folders.filter((folder) => !folder.includes('node_modules'))
  return { ...Object.fromEntries(kept), PATH: own.join(':') }
}

/**
 * A lane's process, seen from the service: asked a line, it answers a line. It has a session of its own, so that a
 * Ctrl-C at the service's terminal does not reach it, and no descriptor of the service but its pipes and its lock.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { LaneKey } from './kernel.ts'

export type LaneChild = {
  readonly pid: number
  /** One at a time. Undefined when the process ended without an answer. */
  readonly ask: (line: string) => Promise<string | undefined>
  /** Resolves when the process has ended, to what it had to say about that. */
  readonly ended: Promise<string>
  /** Ends its pipe: it goes at once, or when the call that it is making has come back. Nobody has to wait for that. */
  readonly end: () => void
}

/** What is kept of the process's stderr, for the message. */
const STDERR_CHARACTERS = 2_000

/**
 * @param lockFd the lane's lock; the process gets a copy
 * @param tooLong ends a process that is not up yet
 * @throws Error when no process could be started
 */
export async function startLaneChild(
  key: LaneKey,
  recordPath: string,
  lockFd: number,
  nodeArguments: readonly string[],
  tooLong: AbortSignal
): Promise<LaneChild> {
  const child = spawn(
    process.execPath,
    [...nodeArguments, ...entryArguments(), key, recordPath, String(process.pid)],
    {
      stdio: ['pipe', 'pipe', 'pipe', lockFd],
      detached: true,
      cwd: '/',
      env: environment(),
    }
  )
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  const lane = laneChild(child)
  tooLong.addEventListener('abort', () => child.kill('SIGKILL'))
  // Its first line says that it is up: no call's deadline counts how long a busy machine takes to start a Node.
  if ((await lane.ask('')) === undefined) {
    throw new Error(`the process of lane ${key} did not start: ${await lane.ended}`)
  }
  return lane
}

function laneChild(child: ChildProcess): LaneChild {
  let answer: ((line: string | undefined) => void) | undefined
  const answered = (line: string | undefined) => {
    holdLoop(child, false)
    answer?.(line)
    answer = undefined
  }
  onLine(child.stdout, answered)
  child.stdin?.on('error', () => {}) // EPIPE: `ended` tells
  const ended = endOf(child)
  let gone = false
  void ended.then(() => {
    gone = true
    answered(undefined)
  })
  holdLoop(child, false)
  return {
    pid: child.pid ?? 0,
    ask: (line) =>
      new Promise((resolve) => {
        answer = resolve
        holdLoop(child, true)
        if (gone) answered(undefined)
        else child.stdin?.write(line)
      }),
    ended,
    end: () => {
      child.stdin?.end()
      holdLoop(child, false)
    },
  }
}

/** An idle lane must not keep the service alive; one that is being asked must. */
function holdLoop(child: ChildProcess, hold: boolean): void {
  const pipes = [child.stdin, child.stdout, child.stderr].filter(
    (pipe) => pipe instanceof Socket
  )
  for (const handle of [child, ...pipes]) {
    if (hold) handle.ref()
    else handle.unref()
  }
}

function onLine(stdout: Readable | null, run: (line: string) => void): void {
  let unread = ''
  stdout?.setEncoding('utf8').on('data', (text: string) => {
    unread += text
    for (let end = unread.indexOf('\n'); end >= 0; end = unread.indexOf('\n')) {
      run(unread.slice(0, end))
      unread = unread.slice(end + 1)
    }
  })
}

function endOf(child: ChildProcess): Promise<string> {
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-STDERR_CHARACTERS)
  })
  return new Promise((resolve) =>
    child.once('close', (code, signal) =>
      resolve(`${signal ?? `exit ${code}`} ${said}`.trim())
    )
  )
}

/** The entry beside this file, in the form in which this file runs: TypeScript through tsx, or compiled. */
function entryArguments(): readonly string[] {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const entry = fileURLToPath(new URL(`./lane-process.${extension}`, import.meta.url))
  if (extension === 'js') return [entry]
  return ['--import', createRequire(import.meta.url).resolve('tsx'), entry]
}

/** Threads for `callTogether`, which wait and do nothing else: what is more than these waits for one of them. */
const WRITES_AT_ONCE = 16

/** NODE_OPTIONS of the service (loaders, inspectors) are not for a process that must start fast and do one thing. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...rest } = process.env
  return { ...rest, UV_THREADPOOL_SIZE: String(WRITES_AT_ONCE) }
}

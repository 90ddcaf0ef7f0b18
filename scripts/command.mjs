/** Commands of the test command: one at a time, each in a process group of its own, none of which outlives us. */
import { spawn } from 'node:child_process'
import { PROJECT } from './set-up.mjs'

/** Long enough for a command to end what it started itself, in groups that we do not know. */
const GRACE_MS = 5_000

/** What runs now. */
let running
process.on('exit', () => signalRunning('SIGKILL'))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, giveUp)

/**
 * @param {readonly string[]} command
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @returns {Promise<number | null>} its exit status
 */
export async function runCommand(command, environment) {
  const { status } = await run(command, environment, 'inherit')
  return status
}

/**
 * Also gives what it printed, which is not shown.
 *
 * @param {readonly string[]} command
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @returns {Promise<{ readonly status: number | null, readonly said: string }>}
 */
export function listenToCommand(command, environment) {
  return run(command, environment, 'pipe')
}

function run([program, ...rest], environment, stdout) {
  return new Promise((resolve) => {
    let said = ''
    running = spawn(program, rest, {
      cwd: PROJECT,
      stdio: ['ignore', stdout, 'inherit'],
      env: environment,
      detached: true,
    })
    running.stdout?.on('data', (text) => (said += text))
    running.on('error', () => resolve({ status: 127, said }))
    running.on('close', (status) => {
      running = undefined
      resolve({ status, said })
    })
  })
}

function giveUp() {
  signalRunning('SIGTERM')
  if (running === undefined) process.exit(1)
  running.prependListener('exit', () => process.exit(1))
  setTimeout(() => process.exit(1), GRACE_MS)
}

/** @param {NodeJS.Signals} signal */
function signalRunning(signal) {
  if (running?.pid === undefined) return
  try {
    process.kill(-running.pid, signal)
  } catch {
    // it has just ended
  }
}

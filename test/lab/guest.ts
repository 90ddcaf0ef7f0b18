/** Boots a throw-away QEMU guest with a real Debian kernel, and ends it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { eventually } from '../support/eventually.ts'
import { agentClient, type AgentClient } from './agent-client.ts'
import { GUEST_NODE } from './guest-node.ts'
import { compileGuestPrograms } from './guest-programs.ts'
import { guestImage, type GuestImage } from './guest-image.ts'
import { lastWords, whereItIs } from './last-words.ts'
import {
  AGENT_PORT,
  NAMESPACE_BYTES,
  NAMESPACE_FILES,
  SERVICE_PORT,
  namespaceFile,
  qemuArguments,
  qmpSocket,
  type Hardware,
} from './qemu-arguments.ts'
import { forwardedPorts, qmp } from './qmp.ts'

export type Guest = {
  readonly agent: AgentClient
  /** Port of loopback behind which the guest's SERVICE_PORT is. */
  readonly servicePort: number
  /** Shared with the guest, where it is /mnt. */
  readonly folder: string
  /** Resets it, as its button would. Resolves when it is up again. */
  readonly reset: () => Promise<void>
  /** Ends the guest, as pulling its plug would, and removes the folder. */
  readonly end: () => Promise<void>
}

/** Several times what it takes: a busy machine is no failure. */
const BOOT_LIMIT_MS = 90_000

/**
 * One emulated machine of some hundreds never answers, before anything of nvirt runs in it. Such a one is told of, with
 * where its CPUs are, and another is booted; that must come.
 */
export async function bootGuest(hardware: Hardware = {}): Promise<Guest> {
  const image = await guestImage()
  return boot(image, hardware).catch((error: unknown) => {
    process.stderr.write(`a guest did not boot, and is booted again: ${String(error)}\n`)
    return boot(image, hardware)
  })
}

async function boot(image: GuestImage, hardware: Hardware): Promise<Guest> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nvirt-lab-'))
  await furnish(folder)
  const qemu = startQemu(qemuArguments(image, folder, hardware), folder)
  try {
    const ports = await untilMonitored(qemu, folder)
    const agent = agentClient(portOf(ports, AGENT_PORT))
    await untilAgentAnswers(qemu, agent)
    return { agent, servicePort: portOf(ports, SERVICE_PORT), folder, reset, end }
  } catch (cause) {
    const story = `${lastWords(folder)}\n${await whereItIs(folder)}`
    await end()
    throw new Error(`booting the guest\n${story}`, { cause })
  }

  async function reset(): Promise<void> {
    const agent = agentClient(portOf(await untilMonitored(qemu, folder), AGENT_PORT))
    await qmp(qmpSocket(folder), 'system_reset')
    await unlessEnded(qemu, 'the guest is down', async () =>
      (await agent.isThere()) ? undefined : true
    )
    await untilAgentAnswers(qemu, agent)
  }

  async function end(): Promise<void> {
    if (!hasEnded(qemu)) {
      const gone = once(qemu, 'exit')
      await qmp(qmpSocket(folder), 'quit').catch(() => qemu.kill('SIGKILL'))
      await gone
    }
    await rm(folder, { recursive: true, force: true })
  }
}

/** The run folder: namespaces, the agent's programs and how Node is started that runs them. */
async function furnish(folder: string): Promise<void> {
  for (const number of NAMESPACE_FILES) {
    await writeFile(namespaceFile(folder, number), '')
    await truncate(namespaceFile(folder, number), NAMESPACE_BYTES)
  }
  await mkdir(path.join(folder, 'guest'))
  await compileGuestPrograms(path.join(folder, 'guest'))
  await writeFile(path.join(folder, 'node'), `${GUEST_NODE.join(' ')}\n`)
}

/** setpriv: a guest must not outlive the tests that it was booted for, however they end. */
function startQemu(qemu: readonly string[], folder: string): ChildProcess {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...qemu], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const log = (text: Buffer | string) => {
    if (existsSync(folder))
      writeFileSync(path.join(folder, 'qemu.log'), text, { flag: 'a' })
  }
  child.stderr.on('data', log)
  child.on('exit', (status, signal) => log(`QEMU ended: ${signal ?? `status ${status}`}\n`))
  return child
}

async function untilMonitored(
  qemu: ChildProcess,
  folder: string
): Promise<ReadonlyMap<number, number>> {
  return unlessEnded(qemu, 'QEMU has its monitor', () =>
    forwardedPorts(qmpSocket(folder)).catch(() => undefined)
  )
}

async function untilAgentAnswers(qemu: ChildProcess, agent: AgentClient): Promise<void> {
  await unlessEnded(qemu, 'the agent answers', async () =>
    (await agent.isThere()) ? agent : undefined
  )
}

function unlessEnded<T>(
  qemu: ChildProcess,
  what: string,
  look: () => Promise<T | undefined>
): Promise<T> {
  return eventually(
    what,
    () => {
      if (hasEnded(qemu)) throw new Error('QEMU has ended')
      return look()
    },
    BOOT_LIMIT_MS
  )
}

function hasEnded(qemu: ChildProcess): boolean {
  return qemu.exitCode !== null || qemu.signalCode !== null
}

function portOf(ports: ReadonlyMap<number, number>, guestPort: number): number {
  const port = ports.get(guestPort)
  if (port === undefined) throw new Error(`port ${guestPort} of the guest is not forwarded`)
  return port
}

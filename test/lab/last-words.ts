/** What is known of a guest that did not do what it should. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { qmpSocket } from './qemu-arguments.ts'
import { qmp } from './qmp.ts'

/** What the guest's kernel, its agent and QEMU said last. */
export function lastWords(folder: string): string {
  return ['qemu.log', 'console.log', 'agent.log', 'service.log']
    .map((name) => [name, tail(path.join(folder, name))] as const)
    .filter(([, text]) => text !== '')
    .map(([name, text]) => `--- ${name}\n${text}`)
    .join('\n')
}

function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(-30).join('\n').trim()
  } catch {
    return '' // it was never written
  }
}

/**
 * Where each CPU of a guest is that says nothing, and what it has of the network.
 * Source: QEMU hmp-commands-info.hx, "info registers" and "info usernet".
 */
export async function whereItIs(folder: string): Promise<string> {
  const registers = await monitored(folder, 'info registers -a')
  const lines = registers.split('\n').filter((line) => /^CPU#|RIP=|^CR0=/.test(line))
  return ['--- CPUs', ...lines, await monitored(folder, 'info usernet')].join('\n')
}

async function monitored(folder: string, command: string): Promise<string> {
  const answer = qmp(qmpSocket(folder), 'human-monitor-command', {
    'command-line': command,
  })
  return String(await answer.catch((error: unknown) => error))
}

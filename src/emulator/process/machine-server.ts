/**
 * Emulated machines on a Unix socket. A client's death ends nothing: its call goes on and takes effect, and the next
 * client of that lane is told of it, as a restarted service finds its former lane's process still hanging.
 */
import { chmodSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { Value } from 'typebox/value'
import type { Clock } from '../../clock.ts'
import { KernelError } from '../../kernel/kernel-error.ts'
import { fromLine, toLine } from '../../kernel/wire.ts'
import type { EmulatedMachine } from '../machine.ts'
import { answerer } from './answers.ts'
import type { Answerer } from './answers.ts'
import { requestSchema } from './protocol.ts'
import type { Push, Reply, Request } from './protocol.ts'
import { onLines } from './socket-lines.ts'

export type MachineServer = { readonly close: () => Promise<void> }

/** @throws Error when another process serves on that socket */
export async function serveMachines(
  machines: readonly EmulatedMachine[],
  socketPath: string,
  clock: Clock
): Promise<MachineServer> {
  if (await somebodyListens(socketPath))
    throw new Error(`another emulator serves on ${socketPath}`)
  rmSync(socketPath, { force: true })
  const answers = answerer(machines, clock)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    serveClient(socket, answers)
  })
  await listen(server, socketPath)
  chmodSync(socketPath, 0o600)
  return {
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function serveClient(socket: Socket, answers: Answerer): void {
  const say = (message: Reply | Push) => {
    if (!socket.destroyed) socket.write(toLine(message))
  }
  const client = answers.client(say)
  socket.on('close', client.gone)
  socket.on('error', () => {}) // a client that was killed; `close` follows
  onLines(socket, (line) => void reply(line, client.answer, say))
}

async function reply(
  line: string,
  answer: (request: Request) => Promise<unknown>,
  say: (message: Reply) => void
): Promise<void> {
  const request = fromLine(line)
  if (!Value.Check(requestSchema, request)) {
    say({ id: 0, bug: `not understood: ${line.slice(0, 200)}` })
    return
  }
  const { id } = request
  try {
    say({ id, answer: await answer(request) })
  } catch (error) {
    say({ id, ...failure(error) })
  }
}

function failure(error: unknown) {
  if (error instanceof KernelError) {
    const { call, path, errno } = error
    return { refused: { call, path, errno } }
  }
  return { bug: error instanceof Error ? error.message : String(error) }
}

/** A socket file without a listener is what a killed emulator leaves. */
function somebodyListens(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socketPath)
    probe.on('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.on('error', () => resolve(false))
  })
}

function listen(server: Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(socketPath, () => resolve())
  })
}

/** A client's end of an emulator's socket: opened when it is first needed, and again after the emulator was away. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { KernelError } from '../../kernel/kernel-error.ts'
import { fromLine, toLine } from '../../kernel/wire.ts'
import type { Ask, Push, Reply } from './protocol.ts'
import { onLines } from './socket-lines.ts'

/** The emulator is not there, or went while it was asked. */
export class EmulatorGone extends Error {
  /** It was there, and may have done what it was asked for. */
  readonly wasThere: boolean

  constructor(socketPath: string, wasThere: boolean, cause?: unknown) {
    super(
      `no emulator answers on ${socketPath}`,
      cause === undefined ? undefined : { cause }
    )
    this.name = 'EmulatorGone'
    this.wasThere = wasThere
  }
}

type Pending = {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
}

export type ConnectionListener = {
  /** A new connection, on which nothing has been asked yet. */
  readonly opened: () => void
  readonly heard: (push: Push) => void
  readonly lost: () => void
}

export class EmulatorConnection {
  readonly #socketPath: string
  readonly #listener: ConnectionListener
  readonly #pending = new Map<number, Pending>()
  #socket: Socket | undefined
  #lastId = 0
  #generation = 0

  constructor(socketPath: string, listener: ConnectionListener) {
    this.#socketPath = socketPath
    this.#listener = listener
  }

  /** Changes with each new connection: what the emulator keeps for a client is lost with the old one. */
  get generation(): number {
    return this.#generation
  }

  /** @throws {KernelError} as the call was refused @throws {EmulatorGone} */
  async ask(machine: string, ask: Ask): Promise<unknown> {
    const socket = this.#connected()
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      socket.write(toLine({ id, machine, ask }))
    })
  }

  close(): void {
    this.#socket?.destroy()
  }

  #connected(): Socket {
    if (this.#socket) return this.#socket
    const socket = this.#open()
    this.#socket = socket
    this.#generation++
    this.#listener.opened()
    return socket
  }

  #open(): Socket {
    const socket = connect(this.#socketPath)
    let wasThere = false
    let cause: unknown
    socket.on('connect', () => (wasThere = true))
    socket.on('error', (error) => (cause = error))
    socket.on('close', () =>
      this.#lost(socket, new EmulatorGone(this.#socketPath, wasThere, cause))
    )
    onLines(socket, (line) => this.#heard(fromLine(line) as Reply | Push)) // our own server's line
    return socket
  }

  #lost(socket: Socket, gone: EmulatorGone): void {
    if (this.#socket === socket) this.#socket = undefined
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of pending) reject(gone)
    this.#listener.lost()
  }

  #heard(message: Reply | Push): void {
    if (!('id' in message)) {
      this.#listener.heard(message)
      return
    }
    const pending = this.#pending.get(message.id)
    this.#pending.delete(message.id)
    if ('answer' in message) pending?.resolve(message.answer)
    else pending?.reject(errorOf(message))
  }
}

function errorOf(reply: Exclude<Reply, { readonly answer: unknown }>): Error {
  if ('bug' in reply) return new Error(`the emulator says: ${reply.bug}`)
  const { call, path, errno } = reply.refused
  return new KernelError(call, path, errno)
}

/** QEMU's monitor. Source: QEMU docs/interop/qmp-spec.rst. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

/** One command on a connection of its own. @throws when QEMU refuses it */
export async function qmp(
  socketPath: string,
  execute: string,
  commandArguments: object = {}
): Promise<unknown> {
  const socket = connect(socketPath)
  try {
    await once(socket, 'connect')
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
    await lines.next() // the greeting
    socket.write(`${JSON.stringify({ execute: 'qmp_capabilities' })}\n`)
    await answer(lines)
    socket.write(`${JSON.stringify({ execute, arguments: commandArguments })}\n`)
    return await answer(lines)
  } finally {
    socket.destroy()
  }
}

async function answer(lines: AsyncIterator<string>): Promise<unknown> {
  for (;;) {
    const line = await lines.next()
    if (line.done === true) throw new Error('QEMU closed its monitor')
    const message: unknown = JSON.parse(line.value)
    if (typeof message !== 'object' || message === null) continue
    if ('return' in message) return message.return
    if ('error' in message) throw new Error(`QEMU refused: ${line.value}`)
  }
}

/**
 * Ports of loopback that lead to the guest's.
 * Source: QEMU net/slirp.c hmp_info_usernet, whose table is `TCP[HOST_FORWARD] fd 127.0.0.1 46289 10.0.2.15 8420 0 0`.
 */
export async function forwardedPorts(
  socketPath: string
): Promise<ReadonlyMap<number, number>> {
  const table = await qmp(socketPath, 'human-monitor-command', {
    'command-line': 'info usernet',
  })
  const ports = new Map<number, number>()
  for (const [, from, to] of String(table).matchAll(
    /HOST_FORWARD\]\s+\d+\s+\S+\s+(\d+)\s+\S+\s+(\d+)/g
  )) {
    ports.set(Number(to), Number(from))
  }
  return ports
}

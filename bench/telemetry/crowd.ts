/** A server of some kind with its subscribers, each in a process of its own, and every frame counted where it arrives. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { HEADER_BYTES } from '../../src/telemetry/frame-layout.ts'
import { compileC, peerProcess, type PeerProcess } from '../support/peer-process.ts'

export type CrowdSize = {
  readonly subscribers: number
  /** A tick has a frame of each. */
  readonly functions: number
  readonly queues: number
}

export type Crowd = {
  readonly server: PeerProcess
  readonly subscribers: PeerProcess
  /** Sends so many ticks to everybody. @returns µs of CPU of the server, per frame and subscriber. @throws Error when one is lost or comes twice */
  readonly send: (ticks: number) => Promise<number>
  readonly end: () => void
}

/** Frames as a subscription without metrics has them. */
const BYTES_OF = (queues: number) => HEADER_BYTES + 7 * 8 + queues * (3 * 4 + 2)

export const SUBSCRIBE = {
  type: 'subscribe',
  id: 'a',
  fleet: true,
  periodMs: 1000,
  format: 'binary',
}

/** C programs, for as long as the benchmark runs. */
export function programs() {
  const folder = mkdtempSync(path.join(tmpdir(), 'nvirt-bench-'))
  const compiled = (name: string) => compileC(path.join(import.meta.dirname, name), folder)
  return {
    subscribers: compiled('subscribers.c'),
    fanOut: compiled('fan-out.c'),
    remove: () => rmSync(folder, { recursive: true }),
  }
}

export type Programs = ReturnType<typeof programs>

export type ServerKind = 'product' | 'ws' | 'fastify'

/** The benchmark itself, told to serve: compiled as it is. @param flags for Node */
export function serverProcess(
  kind: ServerKind,
  size: CrowdSize,
  flags: readonly string[] = []
): PeerProcess {
  const [, self = ''] = process.argv
  const words = ['serve', kind, `${size.functions}`, `${size.queues}`]
  return peerProcess(process.execPath, [...flags, self, ...words])
}

/** Others of JSON frames, compressed or not: each frame is the same for all of them. */
export async function jsonCrowd(
  server: PeerProcess,
  size: CrowdSize,
  { subscribers }: Programs,
  mode: 'same' | 'deflated'
): Promise<Crowd> {
  const crowd = await joined(await server.ask('port'), mode, size, subscribers, 'json')
  await crowd.ask('joined')
  return counted(server, crowd, size)
}

/** Others may have joined the same server: frames are counted from here on, if none has been sent before. */
export async function webSocketCrowd(
  server: PeerProcess,
  size: CrowdSize,
  { subscribers }: Programs
): Promise<Crowd> {
  const crowd = await joined(await server.ask('port'), 'ws', size, subscribers)
  await crowd.ask('joined')
  return counted(server, crowd, size)
}

/** A loop of write(2) over all of them. */
export async function rawCrowd(size: CrowdSize, c: Programs): Promise<Crowd> {
  const { subscribers, functions, queues } = size
  const words = [subscribers, BYTES_OF(queues), functions].map(String)
  const server = peerProcess(c.fanOut, words)
  const port = await server.ask('port')
  return counted(server, await joined(port, 'raw', size, c.subscribers), size)
}

async function joined(
  port: string,
  mode: 'ws' | 'raw' | 'same' | 'deflated',
  size: CrowdSize,
  program: string,
  format = 'binary'
) {
  const words = [port, `${size.subscribers}`, `${size.functions}`, mode]
  return peerProcess(program, [...words, JSON.stringify({ ...SUBSCRIBE, format })])
}

function counted(server: PeerProcess, crowd: PeerProcess, size: CrowdSize): Crowd {
  const perTick = size.functions
  let sent = 0
  return {
    server,
    subscribers: crowd,
    send: async (ticks) => {
      const us = Number(await server.ask(`send ${ticks}`))
      sent += ticks * perTick
      const counts = await crowd.ask(`await ${sent}`)
      if (counts !== `${sent} ${sent} 0 0 0 0`)
        throw new Error(
          `of ${sent} frames arrived (least, most, wrong, missed, ended, untold): ${counts}`
        )
      return us / (ticks * perTick * size.subscribers)
    },
    end: () => {
      crowd.end()
      server.end()
    },
  }
}

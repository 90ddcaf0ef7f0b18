/** The kernel seam over an emulator's socket. An emulator that went away is a machine that does not answer: EIO. */
import type { Clock } from '../../clock.ts'
import type { KernelAnswer, KernelCall } from '../../kernel/call.ts'
import { counterLength } from '../../kernel/counters.ts'
import type { CounterReader, CounterSource } from '../../kernel/counters.ts'
import { KernelError } from '../../kernel/kernel-error.ts'
import type { BlockedCall, Kernel, Lane, LaneKey, Uevent } from '../../kernel/kernel.ts'
import { neverBlocks } from '../../kernel/never-blocks.ts'
import { queueLane } from '../../kernel/queue-lane.ts'
import { pathOf } from '../system-calls.ts'
import { EmulatorGone } from './emulator-connection.ts'
import type { EmulatorConnection } from './emulator-connection.ts'
import type { Ask } from './protocol.ts'

export type RemoteKernelParts = {
  readonly connection: EmulatorConnection
  readonly machine: string
  readonly clock: Clock
  readonly listeners: Set<(uevent: Uevent) => void>
}

export function remoteKernel(parts: RemoteKernelParts): Kernel {
  const { connection, clock, listeners } = parts
  const lanes = new Map<LaneKey, Lane>()
  return {
    call: async (call) => {
      if (!neverBlocks(call))
        throw new Error(`${call.call} ${pathOf(call)} may block: it belongs in a lane`)
      return askKernel(parts, call, { ask: 'call', call })
    },
    lane: (key) => {
      const lane = lanes.get(key) ?? queueLane(key, laneExecutor(parts, key), clock)
      lanes.set(key, lane)
      return lane
    },
    openCounters: async (sources) => remoteCounters(parts, sources),
    watchUevents: async (onUevent) => {
      const listener = (uevent: Uevent) => onUevent(uevent)
      listeners.add(listener)
      try {
        await askMachine(parts, ['watch', 'uevents'], { ask: 'watchUevents' })
      } catch (cause) {
        listeners.delete(listener)
        throw cause
      }
      return async () => void listeners.delete(listener)
    },
    close: async () => {
      listeners.clear()
      connection.close()
    },
  }
}

/** The server answers each kind of call with that kind's answer. */
async function askKernel<C extends KernelCall>(
  parts: RemoteKernelParts,
  call: C,
  ask: Ask
): Promise<KernelAnswer<C>> {
  return (await askMachine(parts, [call.call, pathOf(call)], ask)) as KernelAnswer<C>
}

/** @param doing the call and its path, for the error */
async function askMachine(
  { connection, machine }: RemoteKernelParts,
  doing: readonly [call: string, path: string],
  ask: Ask
): Promise<unknown> {
  try {
    return await connection.ask(machine, ask)
  } catch (error) {
    if (!(error instanceof EmulatorGone)) throw error
    const gone = new KernelError(...doing, 'EIO')
    gone.cause = error
    throw gone
  }
}

function laneExecutor(parts: RemoteKernelParts, lane: LaneKey) {
  return {
    execute: <C extends KernelCall>(call: C) =>
      askKernel(parts, call, { ask: 'laneCall', lane, call }),
    inherited: () => inherited(parts, lane),
    pid: () => undefined,
  }
}

async function inherited(
  parts: RemoteKernelParts,
  lane: LaneKey
): Promise<BlockedCall | undefined> {
  const found = (await askMachine(parts, ['look into', `lane ${lane}`], {
    ask: 'inherited',
    lane,
  })) as {
    readonly call: KernelCall
    readonly sinceMs: number
  } | null // our own server's answer
  return found
    ? { call: found.call, sinceMs: found.sinceMs, lanePid: undefined }
    : undefined
}

/** As the protocol's types have it: with arrays that may be written to. */
function writable(source: CounterSource) {
  switch (source.kind) {
    case 'interrupts':
      return { ...source, names: [...source.names] }
    case 'histogram':
      return { ...source, controllers: [...source.controllers] }
    case 'blockStat':
    case 'tagsBusy':
      return source
  }
}

/** Opened on the other side at the first read, and again after the emulator was away. */
function remoteCounters(
  { connection, machine }: RemoteKernelParts,
  sources: readonly CounterSource[]
): CounterReader {
  const length = sources.reduce((sum, source) => sum + counterLength(source), 0)
  const values = new Float64Array(length).fill(NaN)
  let opened: { readonly reader: number; readonly generation: number } | undefined

  async function reader(): Promise<number> {
    if (opened?.generation === connection.generation) return opened.reader
    const asked = sources.map(writable)
    const id = (await connection.ask(machine, {
      ask: 'openCounters',
      sources: asked,
    })) as number // our own server's answer
    opened = { reader: id, generation: connection.generation }
    return id
  }

  return {
    values,
    read: async () => {
      try {
        const read = { ask: 'readCounters', reader: await reader() } as const
        const numbers = (await connection.ask(machine, read)) as readonly (number | null)[]
        numbers.forEach((value, i) => (values[i] = value ?? NaN))
      } catch (error) {
        if (!(error instanceof EmulatorGone)) throw error
        values.fill(NaN)
      }
    },
    close: async () => {
      if (opened?.generation !== connection.generation) return
      try {
        await connection.ask(machine, { ask: 'closeCounters', reader: opened.reader })
      } catch (error) {
        if (!(error instanceof EmulatorGone)) throw error // its readers have gone with it
      }
    },
  }
}

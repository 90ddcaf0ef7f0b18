/** What an emulator process answers. State that outlives a client (holds, mounts, faults, calls in flight) is the machine's. */
import type { Clock } from '../../clock.ts'
import type { Drills } from '../../host/drills.ts'
import type { KernelCall } from '../../kernel/call.ts'
import type { CounterReader } from '../../kernel/counters.ts'
import type { EmulatedMachine } from '../machine.ts'
import { kernelCall } from './kernel-call.ts'
import type { Ask, Push, Request } from './protocol.ts'

export type Answerer = { readonly client: (push: (push: Push) => void) => Client }

export type Client = {
  readonly answer: (request: Request) => Promise<unknown>
  readonly gone: () => void
}

type LaneCall = {
  readonly lane: string
  readonly call: KernelCall
  readonly sinceMs: number
}

type Served = {
  readonly machine: EmulatedMachine
  /** Calls in flight whose client has gone. */
  readonly orphans: Set<LaneCall>
  /** How each hold and mount is ended. */
  readonly ends: Map<number, () => void>
}

/** As long as a timer can wait: the client's lane keeps the deadline. */
const NO_DEADLINE_MS = 2 ** 31 - 1

export function answerer(machines: readonly EmulatedMachine[], clock: Clock): Answerer {
  const served = new Map<string, Served>(
    machines.map((machine) => [
      machine.name,
      { machine, orphans: new Set(), ends: new Map() },
    ])
  )
  return { client: (push) => client(served, clock, push) }
}

function client(
  served: ReadonlyMap<string, Served>,
  clock: Clock,
  push: (push: Push) => void
): Client {
  const mine: Mine = {
    calls: new Map(),
    readers: new Map(),
    watching: false,
    unwatch: undefined,
    gone: false,
  }
  return {
    answer: async ({ machine: name, ask }) => {
      if (ask.ask === 'hosts') return [...served.keys()]
      const one = served.get(name)
      if (!one) throw new Error(`no machine is called ${name}`)
      return answer(one, mine, ask, clock, push)
    },
    gone: () => {
      mine.gone = true
      for (const [call, one] of mine.calls) one.orphans.add(call)
      void mine.unwatch?.()
    },
  }
}

/** What ends with the client. */
type Mine = {
  readonly calls: Map<LaneCall, Served>
  readonly readers: Map<number, CounterReader>
  watching: boolean
  unwatch: (() => Promise<void>) | undefined
  gone: boolean
}

type MachineAsk = Exclude<Ask, { readonly ask: 'hosts' }>

async function answer(
  served: Served,
  mine: Mine,
  ask: MachineAsk,
  clock: Clock,
  push: (push: Push) => void
): Promise<unknown> {
  const { kernel } = served.machine
  switch (ask.ask) {
    case 'call':
      return kernel.call(kernelCall(ask.call))
    case 'laneCall':
      return laneCall(served, mine, ask.lane, kernelCall(ask.call), clock)
    case 'inherited':
      return [...served.orphans].find(({ lane }) => lane === ask.lane) ?? null
    case 'openCounters':
      return kept(mine.readers, await kernel.openCounters(ask.sources))
    case 'readCounters':
      return readCounters(mine.readers.get(ask.reader))
    case 'closeCounters':
      mine.readers.delete(ask.reader)
      return null
    case 'watchUevents':
      return watch(served.machine, mine, push)
    case 'arm':
    case 'armed':
    case 'takeBack':
    case 'fire':
      return drill(served.machine.drills, ask)
    case 'hold':
    case 'mount':
    case 'end':
    case 'hanging':
    case 'release':
    case 'snapshot':
    case 'transcript':
      return tamper(served, ask)
  }
}

type DrillAsk = 'arm' | 'armed' | 'takeBack' | 'fire'

/** Nothing is said with a null. */
async function drill(
  drills: Drills,
  ask: Extract<Ask, { readonly ask: DrillAsk }>
): Promise<unknown> {
  switch (ask.ask) {
    case 'arm':
      return drills.arm(ask.fault)
    case 'armed':
      return drills.armed()
    case 'takeBack':
      return (await drills.takeBack(ask.id, ask.hanging)) ?? null
    case 'fire':
      return drills.fire(ask.event)
  }
}

type TamperAsk =
  'hold' | 'mount' | 'end' | 'hanging' | 'release' | 'snapshot' | 'transcript'

/** What a test does to the machine, or sees of it, past its kernel. */
function tamper(
  { machine, ends }: Served,
  ask: Extract<Ask, { readonly ask: TamperAsk }>
): unknown {
  switch (ask.ask) {
    case 'hold':
      return kept(ends, machine.holdVfioGroup(ask.group, ask.command))
    case 'mount':
      return kept(ends, machine.mount(ask.disk, ask.mountPoint))
    case 'end':
      ends.get(ask.id)?.()
      ends.delete(ask.id)
      return null
    case 'hanging':
      return machine.faults.hanging()
    case 'release':
      machine.faults.release(ask.how)
      return null
    case 'snapshot':
      return machine.snapshot()
    case 'transcript':
      return machine.transcript
  }
}

async function laneCall(
  served: Served,
  mine: Mine,
  lane: string,
  call: KernelCall,
  clock: Clock
): Promise<unknown> {
  const inFlight: LaneCall = { lane, call, sinceMs: clock.nowMs() }
  mine.calls.set(inFlight, served)
  try {
    const options = { deadlineMs: NO_DEADLINE_MS }
    const answered = await served.machine.kernel.lane(lane).call(call, options)
    if (!answered.done) throw new Error(`a call has been hanging for weeks in lane ${lane}`)
    return answered.answer
  } finally {
    mine.calls.delete(inFlight)
    served.orphans.delete(inFlight)
  }
}

/** NaN does not exist in JSON: null stands for it. */
async function readCounters(reader: CounterReader | undefined): Promise<unknown> {
  if (!reader) throw new Error('no such counters are open')
  await reader.read()
  return Array.from(reader.values, (value) => (Number.isNaN(value) ? null : value))
}

/** Once for each client; a second time changes nothing. */
async function watch(
  machine: EmulatedMachine,
  mine: Mine,
  push: (push: Push) => void
): Promise<null> {
  if (mine.watching) return null
  mine.watching = true
  const unwatch = await machine.kernel.watchUevents((uevent) =>
    push({ machine: machine.name, uevent })
  )
  if (mine.gone) await unwatch()
  else mine.unwatch = unwatch
  return null
}

let lastId = 0

function kept<T>(things: Map<number, T>, thing: T): number {
  things.set(++lastId, thing)
  return lastId
}

/** What happens to the hosts of a storm, each kind as often as the others, in an order of the seed's. */
import { systemClock } from '../../../src/clock.ts'
import type { FaultKind, MachineEvent } from '../../../src/host/drills.ts'
import { eventually } from '../../support/eventually.ts'
import { PF, PLAIN, type StormHost } from './fleet.ts'
import type { Draw } from './tenant.ts'

const FAULTS: Readonly<Record<FaultKind['fault'], FaultKind>> = {
  errno: { fault: 'errno', errno: 'EIO' },
  // NVMe Base 2.1, "Generic Command Status Values": Internal Error, with Do Not Retry.
  status: { fault: 'status', status: 0x4006 },
  'status-with-effect': { fault: 'status-with-effect', status: 0x4006, ms: 200 },
  'without-effect': { fault: 'without-effect' },
  slow: { fault: 'slow', ms: 200 },
  'never-returns': { fault: 'never-returns' },
}

type HostEvent = Exclude<MachineEvent['event'], 'hot-plug'>

const EVENTS: readonly HostEvent[] = [
  'controller-reset',
  'function-reset',
  'resources-lost',
  'surprise-removal', // and the drive comes back
  'reboot',
]

type Kind = FaultKind['fault'] | HostEvent

export type Weather = {
  /** The next of what is to happen, if something is left. */
  readonly next: () => Promise<void>
  readonly left: () => number
  /** How often each kind happened: faults that struck, events that took place. */
  readonly happened: () => Readonly<Record<string, number>>
  /** Nothing happens any more, what hangs comes back, and all drives are in their slots. */
  readonly clear: () => Promise<void>
}

type Gone = { readonly host: StormHost; readonly address: string }

const AWAY_MS = 400
const HANGS_MS = 700

/** @param each how often each kind is to happen */
export function weatherOver(
  hosts: readonly StormHost[],
  each: number,
  draw: Draw
): Weather {
  const kinds = shuffled(
    [...objectKeys(FAULTS), ...EVENTS].flatMap((kind) => times(kind, each)),
    draw
  )
  const events = new Map<string, number>()
  const away = new Set<Gone>()
  const hostNow = () => hosts[Math.floor(draw() * hosts.length)]! // a draw is below 1
  const count = (event: string) => events.set(event, (events.get(event) ?? 0) + 1)

  async function fire(event: HostEvent): Promise<void> {
    for (let tries = 0; tries < hosts.length; tries++) {
      const host = hostNow()
      const address = draw() < 0.7 || event === 'resources-lost' ? PF : PLAIN
      const wanted: MachineEvent =
        event === 'reboot'
          ? { event, downMs: Math.floor(draw() * AWAY_MS) }
          : { event, address }
      if (!(await host.machine.drills.fire(wanted)).fired) continue
      count(event)
      if (event === 'surprise-removal') comesBack(host, address)
      return
    }
  }

  function comesBack(host: StormHost, address: string): void {
    const gone = { host, address }
    away.add(gone)
    systemClock.after(AWAY_MS, () => void plug(gone))
  }

  async function plug(gone: Gone): Promise<void> {
    const event = { event: 'hot-plug', address: gone.address } as const
    const outcome = await gone.host.machine.drills.fire(event)
    if (outcome.fired) count('hot-plug')
    else if (outcome.state === 'being-removed' || outcome.state === 'down') {
      systemClock.after(AWAY_MS, () => void plug(gone))
      return
    }
    away.delete(gone)
  }

  function arm(kind: FaultKind['fault']): void {
    const { faults } = hostNow().machine
    const skip = Math.floor(draw() * 3)
    const { id } = faults.arm({
      match: { control: true },
      skip,
      times: 1,
      kind: FAULTS[kind],
    })
    if (kind !== 'never-returns') return
    const how = draw() < 0.5 ? 'with-effect' : 'without-effect'
    const stopLooking = systemClock.every(HANGS_MS, () => {
      const hangs = faults.armed().find((one) => one.id === id)?.hanging
      if (hangs === 0) return
      stopLooking()
      if (hangs !== undefined) faults.release(how)
    })
  }

  return {
    next: async () => {
      const kind = kinds.pop()
      if (kind === undefined) return
      if (isFault(kind)) arm(kind)
      else await fire(kind)
    },
    left: () => kinds.length,
    happened: () => {
      const struck = new Map(events)
      for (const { machine } of hosts)
        for (const { fault, struck: often } of machine.faults.armed())
          struck.set(fault.kind.fault, (struck.get(fault.kind.fault) ?? 0) + often)
      return Object.fromEntries(struck)
    },
    clear: async () => {
      for (const { machine } of hosts)
        for (const { id, usedUp } of machine.faults.armed())
          if (!usedUp) machine.faults.takeBack(id, 'with-effect')
      for (const { machine } of hosts) machine.faults.release('with-effect')
      await eventually('all drives are back', () => away.size === 0 || undefined)
    },
  }
}

/** All kinds, in words, that must have happened. */
export const KINDS: readonly string[] = [...Object.keys(FAULTS), ...EVENTS, 'hot-plug']

function isFault(kind: Kind): kind is FaultKind['fault'] {
  return Object.hasOwn(FAULTS, kind)
}

function objectKeys<K extends string>(record: Readonly<Record<K, unknown>>): readonly K[] {
  return Object.keys(record) as K[] // a record of exactly these keys
}

function times<T>(one: T, often: number): readonly T[] {
  return Array.from({ length: often }, () => one)
}

function shuffled<T>(all: readonly T[], draw: Draw): T[] {
  return all
    .map((one) => ({ one, at: draw() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ one }) => one)
}

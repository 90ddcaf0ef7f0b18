/**
 * Looks after hosts: after each scan, and after each operation, it begins what has to be done for a host to be as it is
 * desired. One at a time for each primary, so that the order holds; a few attempts with growing pauses, and then it is
 * left to people, with the last operation's error as the reason.
 */
import { SYSTEM } from '../../access/caller.ts'
import { isoTime, type Clock } from '../../clock.ts'
import { ControlPlaneError } from '../../errors.ts'
import { eventWrite } from '../../events/events.ts'
import type { HostInventory } from '../../inventory/drift/drift.ts'
import type { HealingRow, HostRow } from '../../store/rows.ts'
import type { Store, StoreWrite } from '../../store/store.ts'
import { hostInventory } from '../declared/declared-work.ts'
import { dueMs, isForgotten, isGivenUp, isHalfDone } from './attempts.ts'
import { busyControllers, DIVIDING, isBringingBack, withOthers } from './busy.ts'
import { RESTORING } from './prepare-work.ts'
import { workNow, type AnyWork } from './work-now.ts'
import { functionsAmiss, isBeingRestored } from './work-of.ts'

export interface Caretaker {
  /** Looks at the host, now or when the look that is under way has ended. */
  readonly tend: (hostId: string) => void
  readonly stop: () => Promise<void>
}

export type CaretakerOptions = {
  readonly store: Store
  readonly clock: Clock
  readonly changing: (functionId: string) => string | null
  /** @throws ControlPlaneError when another operation came first */
  readonly begin: (work: AnyWork, tried: HealingRow | undefined) => Promise<unknown>
  readonly onTrouble: (error: unknown) => void
}

export function createCaretaker(options: CaretakerOptions): Caretaker {
  const { clock, onTrouble } = options
  const looks = new Map<string, { again: boolean; readonly over: Promise<void> }>()
  const timers = new Map<string, () => void>()
  let stopped = false

  function tend(hostId: string): void {
    if (stopped) return
    const running = looks.get(hostId)
    if (running) {
      running.again = true
      return
    }
    timers.get(hostId)?.()
    timers.delete(hostId)
    const over = look(options, hostId)
      .then((againAtMs) => lookAgain(hostId, againAtMs), onTrouble)
      .finally(() => {
        const { again = false } = looks.get(hostId) ?? {}
        looks.delete(hostId)
        if (again) tend(hostId)
      })
    looks.set(hostId, { again: false, over })
  }

  function lookAgain(hostId: string, atMs: number): void {
    if (stopped || atMs === Infinity) return
    const inMs = Math.max(0, atMs - clock.nowMs())
    timers.set(
      hostId,
      clock.after(inMs, () => tend(hostId))
    )
  }

  async function stop(): Promise<void> {
    stopped = true
    for (const cancel of timers.values()) cancel()
    await Promise.all([...looks.values()].map(({ over }) => over))
  }

  return { tend, stop }
}

/** @returns when to look again, ms since the epoch; Infinity: when something happens */
async function look(options: CaretakerOptions, hostId: string): Promise<number> {
  const { store, clock } = options
  const host = store.read.host(hostId)
  if (host?.reach !== 'reachable' || isAtRest(store, host)) return Infinity
  const inventory = hostInventory(store, hostId)
  const work = workNow(store, host, inventory)
  const healing = new Map(store.read.healingOf(hostId).map((row) => [row.functionId, row]))
  await forget(store, healing, work, clock.nowMs())
  if (work.length > 0) return beginWhatIsDue(options, { inventory, work, healing })
  if (!isBringingBack(store, inventory)) await settle(options, host, { inventory, work })
  return Infinity
}

/** Most hosts, after most scans. */
function isAtRest({ read }: Store, host: HostRow): boolean {
  return !isBeingRestored(host) && host.unrestored === 0 && !read.isCaredFor(host.id)
}

type Todo = {
  readonly inventory: HostInventory
  readonly work: readonly AnyWork[]
  readonly healing: ReadonlyMap<string, HealingRow>
}

/** The first of each primary that may be tried: what was given up keeps nobody else waiting. */
async function beginWhatIsDue(
  options: CaretakerOptions,
  { inventory, work, healing }: Todo
): Promise<number> {
  const { store, clock, changing } = options
  const taken = new Set(busyControllers(store, RESTORING))
  const divided = busyControllers(store, DIVIDING)
  let againAtMs = Infinity
  for (const one of work) {
    const tried = healing.get(one.functionId)
    const goesOn = isHalfDone(store, one, tried)
    if (isGivenUp(tried) && !goesOn) continue
    if (changing(one.functionId) !== null) continue
    if (taken.has(one.controllerId)) continue
    if ('divide' in one && divided.includes(one.controllerId)) continue
    taken.add(one.controllerId)
    const atMs = goesOn ? 0 : dueMs(tried)
    if (atMs > clock.nowMs()) againAtMs = Math.min(againAtMs, atMs)
    else await beginUnlessTaken(options, one, tried)
  }
  const host = store.read.host(work[0]?.row.hostId ?? '')
  const isOver = isHopeless(options, work, healing) && !isBringingBack(store, inventory)
  if (host && isOver) await settle(options, host, { inventory, work })
  return againAtMs
}

/** For now: what others have in hand comes when they have ended, and counts as missing until then. */
function isHopeless(
  { store, changing }: CaretakerOptions,
  work: readonly AnyWork[],
  healing: Todo['healing']
): boolean {
  const isWithOthers = withOthers(store)
  return work.every((one) => {
    const tried = healing.get(one.functionId)
    const isOver = isGivenUp(tried) && !isHalfDone(store, one, tried)
    return (isOver && changing(one.functionId) !== tried?.operationId) || isWithOthers(one)
  })
}

async function beginUnlessTaken(
  { begin }: CaretakerOptions,
  work: AnyWork,
  tried: HealingRow | undefined
): Promise<void> {
  try {
    await begin(work, tried)
  } catch (error) {
    // Somebody else's operation has it: its end is looked at.
    if (!(error instanceof ControlPlaneError)) throw error
  }
}

/** Everything that was standing has been tried, or others have it; what is amiss now is counted. */
async function settle(
  { store, clock }: CaretakerOptions,
  host: HostRow,
  { inventory, work }: Pick<Todo, 'inventory' | 'work'>
): Promise<void> {
  const { id: hostId, bootId } = host
  const isFirst = isBeingRestored(host)
  const givenUp = work.map(({ functionId }) => functionId)
  const amiss = new Set([...functionsAmiss(inventory), ...givenUp]).size
  // Whatever comes to differ later is drift, and leaves the host ready; what could not be restored may come right.
  const unrestored = isFirst ? amiss : Math.min(host.unrestored, amiss)
  if (!isFirst && unrestored === host.unrestored) return
  const settled: StoreWrite = { write: 'settleHost', hostId, bootId, unrestored }
  const event = eventWrite({
    type: 'host.restored',
    hostId,
    subject: { kind: 'host', id: hostId },
    actor: SYSTEM.actor,
    tenant: SYSTEM.tenant,
    operationId: null,
    detail: { bootId, unrestored },
    at: isoTime(clock.nowMs()),
  })
  await store.commit([settled, event])
}

async function forget(
  store: Store,
  healing: ReadonlyMap<string, HealingRow>,
  work: readonly AnyWork[],
  nowMs: number
): Promise<void> {
  const wanted = new Set(work.map(({ functionId }) => functionId))
  const old = [...healing.values()].filter(
    (row) => !wanted.has(row.functionId) && isForgotten(row, nowMs)
  )
  if (old.length === 0) return
  await store.commit(
    old.map(({ functionId }) => ({ write: 'deleteHealing' as const, functionId }))
  )
}

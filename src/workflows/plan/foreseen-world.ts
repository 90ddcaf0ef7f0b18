/**
 * A host, and the rows, as they will be while an operation runs: what its steps ask is foreseen, what they change is
 * recorded and assumed from then on. Nothing is touched.
 */
import type { Clock } from '../../clock.ts'
import { ControlPlaneError } from '../../errors.ts'
import type { HostChange } from '../../host/change.ts'
import type { HostDriver } from '../../host/driver.ts'
import { foresee, type Assumed } from '../../host/foresee.ts'
import { questionOf } from '../../host/preview.ts'
import type { HostAnswer, HostQuery, HostReply } from '../../host/query.ts'
import type { Surroundings } from '../define-workflow.ts'
import { asker, driverOf, HostBlocked, type Ask } from '../host-session.ts'
import { foreseenStore, type ForeseenStore } from './foreseen-store.ts'
import type { PlannedChange } from './told.ts'

export interface ForeseenWorld {
  /** For a workflow that is to run in this world. */
  readonly around: Surroundings
  readonly rows: ForeseenStore
  /** Changes since this was called last. */
  readonly takeChanges: () => readonly PlannedChange[]
  /** The same world, to be changed by itself from now on. */
  readonly fork: () => ForeseenWorld
}

type World = {
  /** Its hosts are asked; nothing of it is changed. */
  readonly around: Surroundings
  readonly hostId: string
  readonly selfAttaching: Assumed['selfAttaching']
  readonly rows: ForeseenStore
  readonly made: readonly HostChange[]
}

export function foreseenWorld(world: Omit<World, 'rows' | 'made'>): ForeseenWorld {
  return worldOf({ ...world, rows: foreseenStore(world.around.store), made: [] })
}

function worldOf(world: World): ForeseenWorld {
  const { around, hostId, rows } = world
  const made = [...world.made]
  let taken: PlannedChange[] = []
  const driver = driverOf(around.hosts, hostId)
  const now = asker(around.hosts, hostId)
  const ask = <Q extends HostQuery>(query: Q) =>
    foresee(now, { changes: made, selfAttaching: world.selfAttaching }, query)
  const foreseen: HostDriver = {
    ...driver,
    ask: (query) => replied(() => ask(query)),
    apply: async (change) => {
      const last = taken.at(-1)
      const whole = last && joined(last.change, change)
      if (whole) {
        taken.pop()
        made.pop()
      }
      const planned = await plannedChange(driver, ask, whole ?? change)
      made.push(planned.change)
      taken.push(planned)
      return { outcome: 'done', writes: planned.writes.map(({ inWords }) => inWords) }
    },
  }
  const host = { id: hostId, reach: 'reachable', driver: foreseen } as const
  return {
    around: {
      ...around,
      store: rows.store,
      hosts: {
        all: () => [host],
        get: (id) => (id === hostId ? host : undefined),
        set: () => undefined,
      },
      inventory: { ...around.inventory, rescan: scansNothing },
      clock: standingStill(around.clock),
    },
    rows,
    takeChanges: () => {
      const changes = taken
      taken = []
      return changes
    },
    fork: () => worldOf({ ...world, rows: rows.fork(), made }),
  }
}

async function replied<Q extends HostQuery>(
  ask: () => Promise<HostAnswer<Q>>
): Promise<HostReply<Q>> {
  try {
    return { answered: true, answer: await ask() }
  } catch (error) {
    if (error instanceof HostBlocked) return { answered: false, blocked: error.report }
    throw error
  }
}

async function plannedChange(
  { preview }: HostDriver,
  ask: Ask,
  change: HostChange
): Promise<PlannedChange> {
  const question = questionOf(change)
  const found = question === null ? {} : { [question.read]: await ask(question) }
  return { change, writes: await preview(change, found) }
}

/** An overwrite goes on in slices, which are one to whoever reads a plan. */
function joined(before: HostChange, next: HostChange): HostChange | undefined {
  if (before.change !== 'overwriteNamespace' || next.change !== 'overwriteNamespace') return
  const isNext =
    before.fn === next.fn && before.nsid === next.nsid && before.toByte === next.fromByte
  return isNext ? { ...before, toByte: next.toByte } : undefined
}

/** A step that scans goes on where the host cannot be scanned. */
function scansNothing(_: unknown, hostId: string): Promise<never> {
  const why = 'only foreseen'
  return Promise.reject(
    new ControlPlaneError(`scanning ${hostId}`, { kind: 'host-away', hostId, why })
  )
}

/** No step's turn is over. */
function standingStill(clock: Clock): Clock {
  const [now, since] = [clock.nowMs(), clock.monotonicMs()]
  return { ...clock, nowMs: () => now, monotonicMs: () => since }
}

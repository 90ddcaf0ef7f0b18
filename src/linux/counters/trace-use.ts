/**
 * Who needs the host's traces armed. They are one for the host, so the first who comes has them armed and the last who goes
 * has them disarmed, one after the other; meanwhile nobody waits. Disarmed a moment later: who goes to come again with
 * other functions finds the counts going on.
 */
import type { ChangeOutcome, TraceChange } from '../../host/change.ts'
import { HostDriverError } from '../../host/driver.ts'
import type { Untraced } from '../../host/frame.ts'
import { applyTraceChange, maybeArmed } from '../change/trace.ts'
import type { LinuxHost } from '../in-lane.ts'
import { controllersOfHost } from '../nvme-controller.ts'
import { ifReadable, readCount } from '../small-files.ts'
import { controllerPath } from '../sysfs-paths.ts'

export interface TraceUse {
  /** @param onTrouble hears what is not told in frames: bugs, and what could not be disarmed */
  begin: (onTrouble: (trouble: unknown) => void) => TraceHold
  /** In its turn. Nothing is disarmed while somebody needs it. @throws {HostDriverError} */
  apply: (change: TraceChange, deadlineMs: number) => Promise<ChangeOutcome>
  /** Disarms at once what nobody needs any more. @throws {HostDriverError} */
  close: () => Promise<void>
}

export type TraceHold = {
  /** null: it is armed. */
  readonly untraced: () => Untraced | null
  /** Safe to repeat. */
  readonly end: () => void
}

const LINGER_MS = 2000

/** @param deadlineMs for each write */
export function createTraceUse(host: LinuxHost, deadlineMs: number): TraceUse {
  const users = new Set<(trouble: unknown) => void>()
  let untraced: Untraced | null = 'arming'
  let last: Promise<void> = Promise.resolve()
  let stay: (() => void) | undefined

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work)
    last = turn.then(
      () => {},
      () => {}
    )
    return turn
  }

  /** What is there was left behind, with counts and room of its own. */
  async function arm(): Promise<void> {
    if (untraced === null || users.size === 0) return
    try {
      await apply({ change: 'disarmTrace' })
      await apply({ change: 'armTrace', queues: await queuesOfHost(host) })
      untraced = null
    } catch (cause) {
      untraced = reasonOf(cause)
      if (!(cause instanceof HostDriverError)) tell(cause)
      // It may be half armed.
      await apply({ change: 'disarmTrace' }).catch(tell)
    }
  }

  function disarmSoon(onTrouble: (trouble: unknown) => void): void {
    stay = host.clock.after(LINGER_MS, () => {
      stay = undefined
      inTurn(disarm).catch(onTrouble)
    })
  }

  function tell(trouble: unknown): void {
    for (const user of users) user(trouble)
  }

  async function disarm(): Promise<void> {
    if (users.size > 0) return
    untraced = 'arming'
    await apply({ change: 'disarmTrace' })
  }

  async function apply(change: TraceChange): Promise<void> {
    const { outcome } = await applyTraceChange(host, change, deadlineMs)
    if (outcome === 'done') return
    throw new HostDriverError('tracing', { kind: 'kernel-refused', errno: 'ETIMEDOUT' })
  }

  return {
    begin: (onTrouble) => {
      const user = (trouble: unknown) => onTrouble(trouble)
      users.add(user)
      stay?.()
      stay = undefined
      void inTurn(arm)
      return {
        untraced: () => untraced,
        end: () => {
          if (users.delete(user) && users.size === 0) disarmSoon(onTrouble)
        },
      }
    },
    apply: (change, withinMs) =>
      inTurn(async () => {
        const isDisarm = change.change === 'disarmTrace'
        const isLeft = isDisarm && (users.size > 0 || !(await maybeArmed(host.kernel)))
        if (isLeft) return { outcome: 'done', writes: [] }
        if (isDisarm) untraced = 'arming'
        return applyTraceChange(host, change, withinMs)
      }),
    close: async () => {
      if (!stay) return
      stay()
      stay = undefined
      await inTurn(disarm)
    },
  }
}

function reasonOf(cause: unknown): Untraced {
  const isKnown = cause instanceof HostDriverError && cause.failure.kind === 'no-tracing'
  return isKnown ? cause.failure.why : 'refused'
}

/** Controllers may come while traces are armed, VFs above all. */
const ROOM_FOR_MORE = 2

/** Of all controllers, the admin queues too. */
async function queuesOfHost({ kernel }: LinuxHost): Promise<number> {
  const names = await controllersOfHost(kernel)
  const counts = names.map((name) =>
    ifReadable(readCount(kernel.call, `${controllerPath(name)}/queue_count`))
  )
  const queues = (await Promise.all(counts)).reduce<number>((sum, n) => sum + (n ?? 0), 0)
  return Math.max(1, queues) * ROOM_FOR_MORE
}

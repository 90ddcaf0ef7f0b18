/**
 * Binds a function to the driver that its override names. `drivers_probe` succeeds when the probe fails, and Linux 6.1
 * binds nvme before it knows whether the controller answers, so the driver link and the controller's state are what
 * counts.
 * Source: Linux drivers/base/bus.c, drivers_probe_store, bind_store; drivers/nvme/host/pci.c, nvme_probe.
 */
import type { ChangeOf } from '../../host/change.ts'
import { HostDriverError, type HostFailure } from '../../host/driver.ts'
import type { WriteCall } from '../../kernel/call.ts'
import { KernelError } from '../../kernel/kernel-error.ts'
import type { LaneSession } from '../lane-session.ts'
import { driverOf, functionExists } from '../pci-function.ts'
import { driverPath, DRIVERS_PROBE } from '../sysfs-paths.ts'
import { changeInWords } from './change-in-words.ts'
import { notLive, waitUntil, type Waiting } from './wait-until.ts'

type Probe = ChangeOf<'probe'>

/** @throws {HostDriverError} driver-did-not-bind, controller-not-live, kernel-refused */
export async function probe(
  session: LaneSession,
  change: Probe,
  waiting: Waiting
): Promise<void> {
  const { fn } = change
  const [first, second] = waysToBind(change, await driverOf(session.kernel, fn))
  if (first && second) await bind(session, change, [first, second])
  await waitUntilServed(session, change, waiting)
}

/**
 * The second is for where the first did nothing: it says why it fails.
 *
 * @param found the driver that has the function
 * @returns none when the right one has it already
 * @throws {HostDriverError} driver-did-not-bind: another one has it
 */
export function waysToBind(
  change: Probe,
  found: string | null
): readonly [] | readonly [WriteCall, WriteCall] {
  const { fn, expectDriver } = change
  if (found === driverAfter(change)) return []
  if (found !== null || expectDriver === 'none') throw didNotBind(change, found)
  return [
    { call: 'write', path: DRIVERS_PROBE, text: fn },
    { call: 'write', path: driverPath(expectDriver, 'bind'), text: fn },
  ]
}

function driverAfter({ expectDriver }: Probe): string | null {
  return expectDriver === 'none' ? null : expectDriver
}

async function bind(
  session: LaneSession,
  change: Probe,
  [first, second]: readonly [WriteCall, WriteCall]
): Promise<void> {
  const { fn } = change
  try {
    await session.call(first)
  } catch (cause) {
    if (!(cause instanceof KernelError)) throw cause
  }
  if ((await driverOf(session.kernel, fn)) !== null) return
  try {
    await session.call(second)
  } catch (cause) {
    if (!(cause instanceof KernelError)) throw cause
    if (!(await functionExists(session.kernel, fn))) throw cause
    // Busy: it was bound in the meantime, to whatever.
    if ((await driverOf(session.kernel, fn)) === null) throw didNotBind(change, null, cause)
  }
}

/** A driver that let go again will not come back; one that is still starting may. */
function waitUntilServed(session: LaneSession, change: Probe, waiting: Waiting) {
  return waitUntil(
    changeInWords(change),
    () => whatIsMissing(session, change),
    waiting,
    ({ kind }) => kind === 'driver-did-not-bind'
  )
}

async function whatIsMissing(
  { kernel }: LaneSession,
  change: Probe
): Promise<HostFailure | undefined> {
  const { fn, expectDriver } = change
  const found = await driverOf(kernel, fn)
  if (found !== driverAfter(change)) {
    return { kind: 'driver-did-not-bind', expected: expectDriver, found }
  }
  return expectDriver === 'nvme' ? notLive(kernel, fn) : undefined
}

function didNotBind(change: Probe, found: string | null, cause?: KernelError) {
  return new HostDriverError(
    changeInWords(change),
    { kind: 'driver-did-not-bind', expected: change.expectDriver, found },
    cause
  )
}

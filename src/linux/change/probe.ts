/**
 * Binds a function to the driver that its override names. `drivers_probe` succeeds when the probe fails, and Linux 6.1
 * binds nvme before it knows whether the controller answers, so the driver link and the controller's state are what
 * counts.
 * Source: Linux drivers/base/bus.c, drivers_probe_store, bind_store; drivers/nvme/host/pci.c, nvme_probe.
 */
import type { Clock } from '../../clock.ts'
import type { HostChange } from '../../host/change.ts'
import { HostDriverError, type HostFailure } from '../../host/driver.ts'
import { KernelError } from '../../kernel/kernel-error.ts'
import type { LaneSession } from '../lane-session.ts'
import { controllerNameOf, controllerStateOf } from '../nvme-controller.ts'
import { driverOf, functionExists } from '../pci-function.ts'
import { driverPath, DRIVERS_PROBE } from '../sysfs-paths.ts'
import { changeInWords } from './change-in-words.ts'

type Probe = Extract<HostChange, { readonly change: 'probe' }>
type Waiting = { readonly clock: Clock; readonly withinMs: number }

const POLL_MS = 20

/** @throws {HostDriverError} driver-did-not-bind, controller-not-live, kernel-refused */
export async function probe(
  session: LaneSession,
  change: Probe,
  waiting: Waiting
): Promise<void> {
  const { fn, expectDriver } = change
  const found = await driverOf(session.kernel, fn)
  if (found === null && expectDriver !== 'none') await bind(session, change)
  else if (found !== driverAfter(change)) throw didNotBind(change, found)
  await waitUntilServed(session, change, waiting)
}

function driverAfter({ expectDriver }: Probe): string | null {
  return expectDriver === 'none' ? null : expectDriver
}

/** A second way, for where the first did nothing: this one says why it fails. */
async function bind(session: LaneSession, change: Probe): Promise<void> {
  const { fn, expectDriver } = change
  try {
    await session.call({ call: 'write', path: DRIVERS_PROBE, text: fn })
  } catch (cause) {
    if (!(cause instanceof KernelError)) throw cause
  }
  if ((await driverOf(session.kernel, fn)) !== null) return
  try {
    await session.call({ call: 'write', path: driverPath(expectDriver, 'bind'), text: fn })
  } catch (cause) {
    if (!(cause instanceof KernelError)) throw cause
    if (!(await functionExists(session.kernel, fn))) throw cause
    // Busy: it was bound in the meantime, to whatever.
    if ((await driverOf(session.kernel, fn)) === null) throw didNotBind(change, null, cause)
  }
}

async function waitUntilServed(
  session: LaneSession,
  change: Probe,
  { clock, withinMs }: Waiting
): Promise<void> {
  const until = clock.monotonicMs() + withinMs
  for (;;) {
    const missing = await whatIsMissing(session, change)
    if (missing === undefined) return
    // A driver that let go again will not come back; one that is still starting may.
    const hopeless = missing.kind === 'driver-did-not-bind'
    if (hopeless || clock.monotonicMs() >= until) {
      throw new HostDriverError(changeInWords(change), missing)
    }
    await clock.sleep(POLL_MS)
  }
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
  if (expectDriver !== 'nvme') return undefined
  const name = await controllerNameOf(kernel, fn)
  const state = name === null ? null : await controllerStateOf(kernel, name)
  return state === 'live' ? undefined : { kind: 'controller-not-live', state }
}

function didNotBind(change: Probe, found: string | null, cause?: KernelError) {
  return new HostDriverError(
    changeInWords(change),
    { kind: 'driver-did-not-bind', expected: change.expectDriver, found },
    cause
  )
}

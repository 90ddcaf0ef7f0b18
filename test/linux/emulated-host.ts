/** The driver over the emulated twin of the lab's guest, and the changes of the main job in their order. */
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import type { EmulatedMachine } from '../../src/emulator/machine.ts'
import { emulatedMachine } from '../../src/emulator/power-on.ts'
import { AT_ONCE, type Timing } from '../../src/emulator/timing.ts'
import type { ChangeOutcome, HostChange } from '../../src/host/change.ts'
import type { HostDriver } from '../../src/host/driver.ts'
import type { FlexibleResources } from '../../src/nvme/secondary-controller.ts'
import { linuxHost } from '../../src/linux/linux-host.ts'
import { fakeClock, type FakeClock } from '../support/fake-clock.ts'
import { context, pf, plain, vf1, vf2 } from './captured-host.ts'

export type EmulatedHost = {
  readonly clock: FakeClock
  readonly machine: EmulatedMachine
  readonly host: HostDriver
}

export async function emulatedHost(
  description = labLikeHost(),
  timing: Timing = AT_ONCE
): Promise<EmulatedHost> {
  const clock = fakeClock()
  const machine = await emulatedMachine(description, { clock, timing })
  return { clock, machine, host: linuxHost(machine.kernel, clock) }
}

/** Two VFs with 3 and 2 I/O queues and a namespace each; one goes to the host's driver, the other to a guest's. */
export const PROVISION: readonly HostChange[] = [
  { change: 'setAutoprobe', pf, enabled: false },
  { change: 'setVfCount', pf, count: 8 },
  ...provisionVf(1, 4, 2),
  ...provisionVf(2, 3, 3),
  { change: 'takeOffline', pf, cntlid: 1 },
  { change: 'takeOffline', pf, cntlid: 2 },
  { change: 'assignBoth', pf, cntlid: 1, vq: 4, vi: 4 },
  { change: 'assignBoth', pf, cntlid: 2, vq: 3, vi: 3 },
  { change: 'resetFunctions', fns: [vf1, vf2], pf },
  { change: 'bringEachOnline', pf, cntlids: [1, 2] },
  { change: 'attachNamespace', pf, nsid: 4, cntlid: 1 },
  { change: 'attachNamespace', pf, nsid: 4, cntlid: 2 },
  { change: 'detachFromEach', pf, nsid: 4, cntlids: [1, 2] },
  { change: 'setOverride', fn: vf1, driver: 'nvme' },
  { change: 'probe', fn: vf1, expectDriver: 'nvme' },
  { change: 'setOverride', fn: vf2, driver: 'vfio-pci' },
  { change: 'probe', fn: vf2, expectDriver: 'vfio-pci' },
  { change: 'setOverride', fn: plain, driver: 'vfio-pci' },
  { change: 'unbind', fn: plain },
  { change: 'probe', fn: plain, expectDriver: 'vfio-pci' },
]

export const RETIRE: readonly HostChange[] = [
  { change: 'unbind', fn: plain },
  { change: 'setOverride', fn: plain, driver: null },
  { change: 'probe', fn: plain, expectDriver: 'nvme' },
  { change: 'unbind', fn: vf2 },
  { change: 'setOverride', fn: vf2, driver: null },
  { change: 'unbind', fn: vf1 },
  { change: 'setOverride', fn: vf1, driver: null },
  { change: 'detachNamespace', pf, nsid: 2, cntlid: 1 },
  { change: 'detachNamespace', pf, nsid: 3, cntlid: 2 },
  { change: 'takeOffline', pf, cntlid: 1 },
  { change: 'takeOffline', pf, cntlid: 2 },
  { change: 'setVfCount', pf, count: 0 },
  { change: 'setAutoprobe', pf, enabled: true },
]

/** The primary gets 4 VQ and 2 VI of its own, and gives them up again. */
export const RESIZE: readonly HostChange[] = [
  ...resize({ vq: 4, vi: 2 }),
  ...resize({ vq: 0, vi: 0 }),
]

function resize(expected: FlexibleResources): readonly HostChange[] {
  const change = { change: 'allocatePrimaryResources', pf } as const
  return [
    { ...change, resource: 'vq', count: expected.vq },
    { ...change, resource: 'vi', count: expected.vi },
    { change: 'resetPrimary', pf, expected },
  ]
}

const MARKERS = { token: 'operation', blocks: [0, 9, 70], blockBytes: 512 }
const DISK = { fn: pf, nsid: 2 } as const

/** A namespace that comes to the host, is erased in both ways, and goes again. */
export const CLEAN: readonly HostChange[] = [
  { change: 'attachNamespace', pf, nsid: 2, cntlid: 0 },
  { ...DISK, change: 'holdDisk' },
  { ...DISK, change: 'writeMarkers', markers: MARKERS },
  { ...DISK, change: 'overwriteNamespace', fromByte: 4096, toByte: 40 << 20 },
  { ...DISK, change: 'writeMarkers', markers: { ...MARKERS, token: 'another' } },
  {
    ...DISK,
    change: 'formatNamespace',
    secureErase: 'user-data',
    markers: { ...MARKERS, token: 'another' },
  },
  { ...DISK, change: 'letGoOfDisk' },
  { change: 'detachNamespace', pf, nsid: 2, cntlid: 0 },
]

export const TRACE: readonly HostChange[] = [
  { change: 'armTrace', queues: 20 },
  { change: 'disarmTrace' },
]

function provisionVf(cntlid: number, count: number, nsid: number): readonly HostChange[] {
  const fn = cntlid === 1 ? vf1 : vf2
  return [
    { change: 'takeOffline', pf, cntlid },
    { change: 'assignResources', pf, cntlid, resource: 'vq', count },
    { change: 'assignResources', pf, cntlid, resource: 'vi', count },
    { change: 'resetFunction', fn, pf },
    { change: 'bringOnline', pf, cntlid },
    { change: 'detachNamespace', pf, nsid: 1, cntlid },
    { change: 'attachNamespace', pf, nsid, cntlid },
  ]
}

/** Applies one change, time moving on as far as it needs. */
export async function applied(
  { host, clock }: EmulatedHost,
  change: HostChange
): Promise<ChangeOutcome> {
  let settled = false
  const applying = host.apply(change, context).finally(() => (settled = true))
  applying.catch(() => {}) // awaited below
  // The longest that a change waits by itself: a call's deadline, and a probe's polling after it.
  for (let ms = 0; !settled && ms <= 2 * context.deadlineMs; ms += 100) {
    await clock.advance(100)
  }
  return applying
}

export async function appliedAll(
  world: EmulatedHost,
  changes: readonly HostChange[]
): Promise<readonly ChangeOutcome[]> {
  const outcomes: ChangeOutcome[] = []
  for (const change of changes) outcomes.push(await applied(world, change))
  return outcomes
}

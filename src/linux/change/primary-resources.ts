/**
 * The flexible resources that a primary has for itself, and the reset that puts them in force. Around that reset nvme
 * lets go of the controller and sets it up again, with as many queues as it then has: reset_prepare and reset_done.
 * Source: NVMe Base 2.1, "Virtualization Management command" (Primary Controller Flexible Allocation); Linux
 * drivers/nvme/host/pci.c, nvme_reset_prepare; drivers/pci/pci.c, pci_reset_function.
 */
import type { ChangeOf } from '../../host/change.ts'
import { HostDriverError } from '../../host/driver.ts'
import type { WriteCall } from '../../kernel/call.ts'
import {
  virtualizationManagement,
  type NvmeAdminCommand,
} from '../../nvme/admin-commands.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import type { PrimaryCapabilities } from '../../nvme/secondary-controller.ts'
import type { LaneSession } from '../lane-session.ts'
import { command, primaryCapabilities } from '../nvme-commands.ts'
import { liveController } from '../nvme-controller.ts'
import { resetMethodsOf } from '../pci-function.ts'
import { readCount } from '../small-files.ts'
import { attributePath } from '../sysfs-paths.ts'
import { changeInWords } from './change-in-words.ts'
import { expectEffect } from './post-condition.ts'
import { notLive, waitUntil, type Waiting } from './wait-until.ts'

/** NRM of completion dword 0: how many the controller took, which need not be how many it was asked for. */
const MODIFIED = 0xffff

/**
 * What is pending can be read nowhere; the number in the completion is all that there is to compare.
 *
 * @throws {HostDriverError} nvme-refused 121h, 122h; no-effect, controller-not-live
 */
export async function allocatePrimaryResources(
  session: LaneSession,
  change: ChangeOf<'allocatePrimaryResources'>,
  waiting: Waiting
): Promise<void> {
  const { pf, count } = change
  await untilLive(session, change, waiting) // a reset that was interrupted may still be going on
  const name = await liveController(session.kernel, pf)
  const sent = allocateCommand(change, await primaryCapabilities(session, name))
  const { result } = await command(session, name, sent)
  const unit = change.resource.toUpperCase()
  expectEffect(change, {
    expected: `${count} ${unit}`,
    found: `${result & MODIFIED} ${unit}`,
  })
}

export function allocateCommand(
  { resource, count }: ChangeOf<'allocatePrimaryResources'>,
  { cntlid }: PrimaryCapabilities
): NvmeAdminCommand {
  return virtualizationManagement({ act: 'allocate', cntlid, resource, count })
}

/**
 * Waits until the controller is live again. Never with VFs: it would take all of them down, and Linux could go on listing
 * VFs that are gone (QEMU 7.2).
 *
 * @throws {HostDriverError} vfs-already-enabled, no-function-level-reset, no-effect, controller-not-live, kernel-refused
 */
export async function resetPrimary(
  session: LaneSession,
  change: ChangeOf<'resetPrimary'>,
  waiting: Waiting
): Promise<void> {
  const { pf, expected } = change
  await untilLive(session, change, waiting)
  const [write] = primaryResetWrites(change, await capabilitiesNow(session, pf))
  if (write === undefined) return
  await requireResettable(session, change)
  await session.call(write)
  await untilLive(session, change, waiting)
  expectEffect(change, {
    expected: inWords(expected),
    found: ownResources(await capabilitiesNow(session, pf)),
  })
}

export function primaryResetWrites(
  { pf, expected }: ChangeOf<'resetPrimary'>,
  found: PrimaryCapabilities
): readonly WriteCall[] {
  if (ownResources(found) === inWords(expected)) return []
  return [{ call: 'write', path: attributePath(pf, 'reset'), text: '1' }]
}

function untilLive(
  { kernel }: LaneSession,
  change: ChangeOf<'allocatePrimaryResources' | 'resetPrimary'>,
  waiting: Waiting
): Promise<void> {
  return waitUntil(changeInWords(change), () => notLive(kernel, change.pf), waiting)
}

async function capabilitiesNow(session: LaneSession, pf: PciAddress) {
  return primaryCapabilities(session, await liveController(session.kernel, pf))
}

function ownResources({ vq, vi }: PrimaryCapabilities): string {
  return inWords({ vq: vq.primary, vi: vi.primary })
}

function inWords({ vq, vi }: ChangeOf<'resetPrimary'>['expected']): string {
  return `${vq} VQ and ${vi} VI of its own`
}

/** The kernel tries the first method that it lists: any but FLR would reach further than this function. */
async function requireResettable(
  session: LaneSession,
  change: ChangeOf<'resetPrimary'>
): Promise<void> {
  const { pf } = change
  const refused = (failure: HostDriverError['failure']) =>
    new HostDriverError(changeInWords(change), failure)
  if ((await readCount(session.call, attributePath(pf, 'sriov_numvfs'))) > 0) {
    throw refused({ kind: 'vfs-already-enabled' })
  }
  const methods = await resetMethodsOf(session.kernel, pf)
  if (methods?.[0] === 'flr') return
  throw refused({
    kind: 'no-function-level-reset',
    methods: methods?.join(' ') ?? null,
  })
}

/**
 * The NVMe life of a VF, changed through its primary.
 * Source: NVMe Base 2.1, "Virtualization Management command".
 */
import type { HostChange } from '../../host/change.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import type { SecondaryController } from '../../nvme/secondary-controller.ts'
import {
  virtualizationManagement,
  type VirtualizationAction,
} from '../../nvme/admin-commands.ts'
import type { LaneSession } from '../lane-session.ts'
import { command } from '../nvme-commands.ts'
import { liveController } from '../nvme-controller.ts'
import { secondaryOf } from '../secondaries.ts'
import { expectEffect } from './post-condition.ts'

type SecondaryChange<K extends HostChange['change']> = Extract<
  HostChange,
  { readonly change: K; readonly cntlid: number }
>

/** Offline also gives its resources back. @throws {HostDriverError} nvme-refused, no-effect, controller-not-live */
export function takeOffline(session: LaneSession, change: SecondaryChange<'takeOffline'>) {
  const { pf, cntlid } = change
  return until(session, pf, change, {
    action: { act: 'offline', cntlid },
    describe: ({ state, held }) => `${state}, ${held.vq} VQ, ${held.vi} VI`,
    expected: 'offline, 0 VQ, 0 VI',
  })
}

/**
 * The count is absolute; a drive may give another one than asked for, which is no effect to rely on.
 *
 * @throws {HostDriverError} nvme-refused 120h while online, 121h, 122h; no-effect, controller-not-live
 */
export function assignResources(
  session: LaneSession,
  change: SecondaryChange<'assignResources'>
) {
  const { pf, cntlid, resource, count } = change
  const unit = resource.toUpperCase()
  return until(session, pf, change, {
    action: { act: 'assign', cntlid, resource, count },
    describe: ({ held }) => `${held[resource]} ${unit}`,
    expected: `${count} ${unit}`,
  })
}

/** @throws {HostDriverError} nvme-refused 120h or 11Fh without VFs or resources; no-effect, controller-not-live */
export function bringOnline(session: LaneSession, change: SecondaryChange<'bringOnline'>) {
  const { pf, cntlid } = change
  return until(session, pf, change, {
    action: { act: 'online', cntlid },
    describe: ({ state }) => state,
    expected: 'online',
  })
}

async function until(
  session: LaneSession,
  pf: PciAddress,
  change: SecondaryChange<HostChange['change']>,
  wish: {
    readonly action: VirtualizationAction
    readonly describe: (secondary: SecondaryController) => string
    readonly expected: string
  }
): Promise<void> {
  const { action, describe, expected } = wish
  const found = async () => describe(await secondaryOf(session, pf, action.cntlid))
  if ((await found()) === expected) return
  const name = await liveController(session.kernel, pf)
  await command(session, name, virtualizationManagement(action))
  expectEffect(change, { expected, found: await found() })
}

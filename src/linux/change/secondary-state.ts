/**
 * The NVMe life of a VF, changed through its primary.
 * Source: NVMe Base 2.1, "Virtualization Management command".
 */
import type { HostChange } from '../../host/change.ts'
import type { SecondaryController } from '../../nvme/secondary-controller.ts'
import {
  virtualizationManagement,
  type NvmeAdminCommand,
  type VirtualizationAction,
} from '../../nvme/admin-commands.ts'
import type { LaneSession } from '../lane-session.ts'
import { command } from '../nvme-commands.ts'
import { liveController } from '../nvme-controller.ts'
import { secondaryLook } from '../secondaries.ts'
import { expectEffect } from './post-condition.ts'

type SecondaryChange<K extends HostChange['change']> = Extract<
  HostChange,
  { readonly change: K; readonly cntlid: number }
>

export type StateChange = SecondaryChange<'takeOffline' | 'assignResources' | 'bringOnline'>

/** Offline also gives its resources back. @throws {HostDriverError} nvme-refused, no-effect, controller-not-live */
export function takeOffline(session: LaneSession, change: SecondaryChange<'takeOffline'>) {
  return until(session, change)
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
  return until(session, change)
}

/** @throws {HostDriverError} nvme-refused 120h or 11Fh without VFs or resources; no-effect, controller-not-live */
export function bringOnline(session: LaneSession, change: SecondaryChange<'bringOnline'>) {
  return until(session, change)
}

async function until(session: LaneSession, change: StateChange): Promise<void> {
  const { pf, cntlid } = change
  const find = await secondaryLook(session, pf, cntlid)
  const [sent] = secondaryCommands(change, await find())
  if (sent === undefined) return
  const name = await liveController(session.kernel, pf)
  await command(session, name, sent)
  const { describe, expected } = wishOf(change)
  expectEffect(change, { expected, found: describe(await find()) })
}

export function secondaryCommands(
  change: StateChange,
  found: SecondaryController
): readonly NvmeAdminCommand[] {
  const { action, describe, expected } = wishOf(change)
  return describe(found) === expected ? [] : [virtualizationManagement(action)]
}

type Wish = {
  readonly action: VirtualizationAction
  readonly describe: (secondary: SecondaryController) => string
  readonly expected: string
}

function wishOf(change: StateChange): Wish {
  const { cntlid } = change
  switch (change.change) {
    case 'takeOffline':
      return {
        action: { act: 'offline', cntlid },
        describe: ({ state, held }) => `${state}, ${held.vq} VQ, ${held.vi} VI`,
        expected: 'offline, 0 VQ, 0 VI',
      }
    case 'assignResources':
      return wishForResources(change)
    case 'bringOnline':
      return {
        action: { act: 'online', cntlid },
        describe: ({ state }) => state,
        expected: 'online',
      }
  }
}

function wishForResources(change: SecondaryChange<'assignResources'>): Wish {
  const { cntlid, resource, count } = change
  const unit = resource.toUpperCase()
  return {
    action: { act: 'assign', cntlid, resource, count },
    describe: ({ held }) => `${held[resource]} ${unit}`,
    expected: `${count} ${unit}`,
  }
}

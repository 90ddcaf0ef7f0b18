/**
 * The NVMe life of a VF, changed through its primary.
 * Source: NVMe Base 2.1, "Virtualization Management command".
 */
import type { HostChange } from '../../host/change.ts'
import { HostDriverError } from '../../host/driver.ts'
import type { FlexibleKind, SecondaryController } from '../../nvme/secondary-controller.ts'
import {
  virtualizationManagement,
  type NvmeAdminCommand,
  type VirtualizationAction,
} from '../../nvme/admin-commands.ts'
import type { LaneSession } from '../lane-session.ts'
import { command } from '../nvme-commands.ts'
import { liveController } from '../nvme-controller.ts'
import { secondariesLook } from '../secondaries.ts'
import { changeInWords } from './change-in-words.ts'
import { expectEffect } from './post-condition.ts'

type ChangeOf<K extends HostChange['change']> = Extract<HostChange, { readonly change: K }>

export type StateChange = ChangeOf<
  'takeOffline' | 'assignResources' | 'assignFlexible' | 'bringOnline' | 'bringEachOnline'
>

/**
 * Offline also gives its resources back. Counts are absolute; a drive may give another one than asked for, which is no
 * effect to rely on. Of several things the first that is refused ends it, with those before it done.
 *
 * @throws {HostDriverError} nvme-refused: to assign 120h while online, 121h, 122h, to bring online 120h or 11Fh without VFs
 *   or resources; gone: no such secondary; no-effect, controller-not-live
 */
export async function changeState(
  session: LaneSession,
  change: StateChange
): Promise<void> {
  const { pf } = change
  const look = await secondariesLook(session, pf)
  const commands = secondaryCommands(change, await look())
  if (commands.length === 0) return
  const name = await liveController(session.kernel, pf)
  for (const sent of commands) await command(session, name, sent)
  const found = await look()
  for (const wish of wishesOf(change)) {
    expectEffect(change, {
      expected: inWords(change, wish, wish.expected),
      found: inWords(change, wish, wish.describe(secondaryOf(found, change, wish))),
    })
  }
}

/** What has to be sent, where it is found so. @throws {HostDriverError} gone: there is no such secondary */
export function secondaryCommands(
  change: StateChange,
  found: readonly SecondaryController[]
): readonly NvmeAdminCommand[] {
  return wishesOf(change)
    .filter((wish) => wish.describe(secondaryOf(found, change, wish)) !== wish.expected)
    .map(({ action }) => virtualizationManagement(action))
}

function secondaryOf(
  found: readonly SecondaryController[],
  change: StateChange,
  { action: { cntlid } }: Wish
): SecondaryController {
  const secondary = found.find((one) => one.cntlid === cntlid)
  if (secondary) return secondary
  const what = `secondary controller ${cntlid} of ${change.pf}`
  throw new HostDriverError(changeInWords(change), { kind: 'gone', what })
}

/** Of several it says which. */
function inWords(change: StateChange, { action }: Wish, state: string): string {
  return 'cntlids' in change ? `controller ${action.cntlid} ${state}` : state
}

type Wish = {
  readonly action: VirtualizationAction
  readonly describe: (secondary: SecondaryController) => string
  readonly expected: string
}

function wishesOf(change: StateChange): readonly Wish[] {
  switch (change.change) {
    case 'takeOffline':
      return [
        {
          action: { act: 'offline', cntlid: change.cntlid },
          describe: ({ state, held }) => `${state}, ${held.vq} VQ, ${held.vi} VI`,
          expected: 'offline, 0 VQ, 0 VI',
        },
      ]
    case 'assignResources':
      return [resourcesWish(change.cntlid, change.resource, change.count)]
    case 'assignFlexible': {
      const { cntlid, vq, vi } = change
      return [resourcesWish(cntlid, 'vq', vq), resourcesWish(cntlid, 'vi', vi)]
    }
    case 'bringOnline':
      return [onlineWish(change.cntlid)]
    case 'bringEachOnline':
      return change.cntlids.map(onlineWish)
  }
}

function onlineWish(cntlid: number): Wish {
  return {
    action: { act: 'online', cntlid },
    describe: ({ state }) => state,
    expected: 'online',
  }
}

function resourcesWish(cntlid: number, resource: FlexibleKind, count: number): Wish {
  const unit = resource.toUpperCase()
  return {
    action: { act: 'assign', cntlid, resource, count },
    describe: ({ held }) => `${held[resource]} ${unit}`,
    expected: `${count} ${unit}`,
  }
}

/**
 * The NVMe life of a VF, changed through its primary.
 * Source: NVMe Base 2.1, "Virtualization Management command".
 */
import type { ChangeOf } from '../../host/change.ts'
import { HostDriverError } from '../../host/driver.ts'
import type { FlexibleKind, SecondaryController } from '../../nvme/secondary-controller.ts'
import {
  virtualizationManagement,
  type NvmeAdminCommand,
  type VirtualizationAction,
} from '../../nvme/admin-commands.ts'
import type { LaneSession } from '../lane-session.ts'
import { secondariesLook } from '../secondaries.ts'
import { changeInWords } from './change-in-words.ts'
import { expectEffect } from './post-condition.ts'
import { sendInTurn } from './send-in-turn.ts'

export type SecondaryChange = ChangeOf<
  'takeOffline' | 'assignResources' | 'assignBoth' | 'bringOnline' | 'bringEachOnline'
>

/**
 * Offline also gives its resources back. Counts are absolute; a drive may give another one than asked for, which is no
 * effect to rely on, and is found out when all has been sent.
 *
 * @throws {HostDriverError} nvme-refused: to assign 120h while online, 121h, 122h, to bring online 120h or 11Fh without VFs
 *   or resources; kernel-refused; gone: no such secondary, and nothing is sent; no-effect, controller-not-live
 */
export async function changeSecondary(
  session: LaneSession,
  change: SecondaryChange
): Promise<void> {
  const look = await secondariesLook(session, change.pf)
  const commands = secondaryCommands(change, await look())
  if (commands.length === 0) return
  await sendInTurn(session, change.pf, commands)
  const unmet = unmetIn(change, await look())
  expectEffect(change, {
    expected: unmet.map(({ expected }) => expected).join(', '),
    found: unmet.map(({ found }) => found).join(', '),
  })
}

/** What has to be sent, where it is found so. @throws {HostDriverError} gone: there is no such secondary */
export function secondaryCommands(
  change: SecondaryChange,
  secondaries: readonly SecondaryController[]
): readonly NvmeAdminCommand[] {
  return unmetIn(change, secondaries).map(({ action }) => virtualizationManagement(action))
}

function unmetIn(change: SecondaryChange, secondaries: readonly SecondaryController[]) {
  return wishesOf(change)
    .map((wish) => ({
      ...wish,
      found: wish.describe(secondaryOf(secondaries, change, wish)),
    }))
    .filter(({ expected, found }) => found !== expected)
}

function secondaryOf(
  secondaries: readonly SecondaryController[],
  change: SecondaryChange,
  { action: { cntlid } }: Wish
): SecondaryController {
  const secondary = secondaries.find((one) => one.cntlid === cntlid)
  if (secondary) return secondary
  const what = `secondary controller ${cntlid} of ${change.pf}`
  throw new HostDriverError(changeInWords(change), { kind: 'gone', what })
}

type Wish = {
  readonly action: VirtualizationAction
  readonly describe: (secondary: SecondaryController) => string
  readonly expected: string
}

function wishesOf(change: SecondaryChange): readonly Wish[] {
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
    case 'assignBoth': {
      const { cntlid, vq, vi } = change
      return [resourcesWish(cntlid, 'vq', vq), resourcesWish(cntlid, 'vi', vi)]
    }
    case 'bringOnline':
      return [
        {
          action: { act: 'online', cntlid: change.cntlid },
          describe: ({ state }) => state,
          expected: 'online',
        },
      ]
    case 'bringEachOnline':
      return change.cntlids.map((cntlid) => ({
        action: { act: 'online', cntlid },
        describe: ({ state }) => `controller ${cntlid} ${state}`,
        expected: `controller ${cntlid} online`,
      }))
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

/**
 * Waiting for whoever uses a function, before it is taken from its driver: for a consumer the kernel would wait, and
 * keep the device's lock; for a file system it would not wait at all.
 */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { Check } from 'typebox/value'
import type { PciAddress } from '../nvme/pci-address.ts'
import type { Refusal } from '../errors.ts'
import type { Turn } from './define-workflow.ts'
import { refuseUsedThrough } from './guards/usage.ts'
import { HostBlocked } from './host-session.ts'
import type { Look } from './moves.ts'

/**
 * An unbind would wait in the kernel, with the device's lock held, until the consumer lets go.
 * Source: Linux drivers/vfio/vfio_main.c, vfio_unregister_group_dev.
 *
 * @throws {HostBlocked} naming the holders
 */
export async function waitForConsumer(turn: Turn, fn: PciAddress): Promise<void> {
  const { driver } = await turn.ask({ read: 'binding', fn })
  if (driver !== 'vfio-pci') return
  const { path, held, holders } = await turn.ask({ read: 'vfioGroup', fn })
  if (!held) return
  throw waiting(turn, `unbind ${fn} from vfio-pci: not begun, since ${path} is open`, {
    holders: holders.map((holder) => ({ ...holder, holds: path })),
  })
}

/** For a way back: nobody can refuse it, so it waits until the function is used no more. */
export function untilUnused(turn: Turn, fn: PciAddress): Look {
  return {
    look: async (ask) => {
      const { driver } = await ask({ read: 'binding', fn })
      if (driver === 'vfio-pci') await waitForConsumer(turn, fn)
      else if (driver !== null) {
        waitUnless(await refuseUsedThrough(ask, fn), turn, `unbind ${fn} from ${driver}`)
      }
      return []
    },
  }
}

/** @throws {HostBlocked} naming what speaks against it */
export function waitUnless(refusals: readonly Refusal[], turn: Turn, doing: string): void {
  if (refusals.length === 0) return
  const reasons = refusals.map(({ reason }) => reason).join('; ')
  throw waiting(turn, `${doing}: not begun, since ${reasons}`)
}

/** The same wait keeps its beginning, so that it is shown, and logged, once. */
export function waiting(
  { store, operationId, at }: Turn,
  call: string,
  { holders = [] }: { readonly holders?: HostBlocked['report']['holders'] } = {}
): HostBlocked {
  const shown = store.read.operation(null, operationId)?.blocked ?? null
  const since = isReport(shown) && shown.call === call ? shown.since : at
  return new HostBlocked({ call, since, holders })
}

const Report = Type.Object({ call: Type.String(), since: Type.String() })

function isReport(shown: unknown): shown is Static<typeof Report> {
  return Check(Report, shown)
}

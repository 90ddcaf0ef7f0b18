/**
 * The rows of all VFs of a request: each gets its resources, and then is this operation's; all are reset at the same time,
 * all go online, all get their namespaces. The kernel sleeps for 100 ms in each reset, which one after the other was a
 * seventh of the whole; who is behind the addresses, and the records of a step, took another fifth for each VF.
 * Source: Linux drivers/pci/pci.c, pcie_flr.
 */
import type { Refusal } from '../errors.ts'
import type { HostChange } from '../host/change.ts'
import type { PciAddress } from '../nvme/pci-address.ts'
import { change } from './change-row.ts'
import type { Row, Turn } from './define-workflow.ts'
import { eachToExactly } from './attachments.ts'
import { refuseBound } from './guards/binding.ts'
import { driveTarget, functionTarget, refuseOtherVf } from './guards/identity.ts'
import { refuseNamespaces } from './guards/provisioning.ts'
import { look } from './moves.ts'
import type { ProvisionParams, Wanted } from './provision-params.ts'
import { foundIn } from './record-vfs.ts'
import { primaryLock } from './restore-sriov.ts'
import {
  attachAsFound,
  driverSteps,
  fromThePool,
  offlineAgain,
  takenFromPrimary,
  withPrimary,
} from './virtual-function-steps.ts'

export function phasesOf(p: ProvisionParams): readonly Row[] {
  const vfs = p.virtualFunctions
  return [
    ...vfs.map((vf) => giveResources(p, vf)),
    resetAll(p),
    goOnline(p),
    attachAll(p),
    ...vfs.flatMap((vf) => driverSteps(p, vf)),
  ]
}

function giveResources(p: ProvisionParams, vf: Wanted): Row {
  const pf = p.primary.address
  const { vfNumber, cntlid, vq, vi } = vf
  return change(`resources-vf${vfNumber}`, {
    ...withPrimary(p),
    ...fromThePool(p, vf),
    do: [
      // What a former run of this has assigned stays: offline would give it back.
      look({ read: 'secondaries', pf }, ({ secondaries }) => {
        const held = secondaries.find((found) => found.cntlid === cntlid)?.held
        const isBegun = held && [0, vq].includes(held.vq) && [0, vi].includes(held.vi)
        return isBegun ? [] : [{ change: 'takeOffline', pf, cntlid }]
      }),
      { change: 'assignBoth', pf, cntlid, vq, vi },
    ],
  })
}

/** Who each of them is, and whether anybody has it, is asked before the first is reset. */
function resetAll(p: ProvisionParams): Row {
  const pf = p.primary.address
  const all = ({ outputs }: Turn) =>
    p.virtualFunctions.map(({ vfNumber }) => foundIn(outputs, vfNumber))
  return change('reset-vfs', {
    on: functionTarget(pf, p.primary),
    guard: async (turn) => {
      const refusals: Refusal[] = []
      for (const { address, vfNumber } of all(turn)) {
        const other = await refuseOtherVf(turn.ask, address, pf, vfNumber)
        refusals.push(...other)
        if (other.length === 0) refusals.push(...(await refuseBound(turn.ask, address)))
      }
      return refusals
    },
    do: (turn) => [
      { change: 'resetFunctions', fns: all(turn).map(({ address }) => address), pf },
    ],
  })
}

/** From here on all of them are this operation's: each has got resources by a step of its own. */
function goOnline(p: ProvisionParams): Row {
  const pf = p.primary.address
  return change('online-vfs', {
    ...withPrimary(p),
    do: [online(pf, p.virtualFunctions)],
    undo: (turn) => p.virtualFunctions.flatMap((vf) => offlineAgain(p, turn, vf)),
  })
}

function online(pf: PciAddress, vfs: readonly Wanted[]): HostChange {
  const cntlids = vfs.map(({ cntlid }) => cntlid)
  const [cntlid] = cntlids
  return cntlid !== undefined && cntlids.length === 1
    ? { change: 'bringOnline', pf, cntlid }
    : { change: 'bringEachOnline', pf, cntlids }
}

/** One look for all of them. Detaches first: what must not be seen shall not be seen for a moment. */
function attachAll(p: ProvisionParams): Row {
  const pf = p.primary.address
  const vfs = p.virtualFunctions
  const cntlids = vfs.map(({ cntlid }) => cntlid)
  const nsids = vfs.flatMap((vf) => vf.nsids)
  return change('attach-vfs', {
    on: driveTarget(p.primary),
    locks: [primaryLock(p.controllerId)],
    guard: ({ ask, store }) => refuseNamespaces(ask, store, p, nsids),
    do: [
      ...vfs.flatMap((vf) => takenFromPrimary(pf, vf)),
      look({ read: 'attachmentsOfEach', pf, cntlids }, ({ attachments }) => {
        const nsidsOf = (cntlid: number) =>
          attachments.find((entry) => entry.cntlid === cntlid)?.nsids ?? []
        return eachToExactly(
          pf,
          vfs.map(({ cntlid, nsids: wanted }) => ({
            cntlid,
            nsids: nsidsOf(cntlid),
            wanted,
          }))
        )
      }),
    ],
    undo: (turn) => attachAsFound(p, turn, vfs),
  })
}

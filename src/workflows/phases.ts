/**
 * The rows of all VFs of a request: all get their resources, all are reset at the same time, all go online. The kernel
 * sleeps for 100 ms in each reset, which one after the other was a seventh of the whole.
 * Source: Linux drivers/pci/pci.c, pcie_flr.
 */
import type { Refusal } from '../errors.ts'
import { change } from './change-row.ts'
import type { Row, Turn } from './define-workflow.ts'
import { refuseBound } from './guards/binding.ts'
import { functionTarget, refuseOtherVf } from './guards/identity.ts'
import { look } from './moves.ts'
import type { ProvisionParams, Wanted } from './provision-params.ts'
import { foundIn } from './record-vfs.ts'
import {
  attach,
  driverSteps,
  fromThePool,
  goOnline,
  withPrimary,
} from './virtual-function-steps.ts'

export function phasesOf(p: ProvisionParams): readonly Row[] {
  const vfs = p.virtualFunctions
  return [
    ...vfs.map((vf) => giveResources(p, vf)),
    resetAll(p),
    ...vfs.map((vf) => goOnline(p, vf)),
    ...vfs.flatMap((vf) => [attach(p, vf), ...driverSteps(p, vf)]),
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
      { change: 'assignResources', pf, cntlid, resource: 'vq', count: vq },
      { change: 'assignResources', pf, cntlid, resource: 'vi', count: vi },
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

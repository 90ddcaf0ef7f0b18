/** The VFs of a request as they are before the first of them is touched. */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { predictVfAddress } from '../nvme/pci-address.ts'
import { refused, type Done, type Turn } from './define-workflow.ts'
import { functionBound } from './guards/binding.ts'
import { functionTarget, refuseOther } from './guards/identity.ts'
import { Address, Binding, outputOf } from './logged-shapes.ts'
import type { ProvisionParams } from './provision-params.ts'
import { refuseForeignBinding } from './rebind.ts'

export const RECORD_VFS = 'record-vfs'

export type Found = Static<typeof Found>

const Found = Type.Object({
  vfNumber: Type.Integer(),
  address: Address,
  binding: Binding,
  held: Type.Object({ vq: Type.Integer(), vi: Type.Integer() }),
  nsids: Type.Array(Type.Integer()),
})

export async function recordVfs({ ask }: Turn, p: ProvisionParams): Promise<Done> {
  const pf = p.primary.address
  const { offset, stride } = await ask({ read: 'sriov', pf })
  const { secondaries } = await ask({ read: 'secondaries', pf })
  const cntlids = p.virtualFunctions.map(({ cntlid }) => cntlid)
  const { attachments } = await ask({ read: 'attachmentsOfEach', pf, cntlids })
  const found: Found[] = []
  for (const { vfNumber, cntlid } of p.virtualFunctions) {
    const address = predictVfAddress(pf, vfNumber - 1, offset, stride)
    const other = await refuseOther(ask, functionTarget(address, p.primary, vfNumber))
    if (other.length > 0) throw refused(`looking at VF ${vfNumber}`, other)
    const binding = await ask({ read: 'binding', fn: address })
    const foreign =
      binding.driver === null
        ? refuseForeignBinding(address, binding)
        : [functionBound(address, binding.driver)]
    if (foreign.length > 0) throw refused(`looking at VF ${vfNumber}`, foreign)
    const attached = attachments.find((entry) => entry.cntlid === cntlid)
    const held = secondaries.find((entry) => entry.cntlid === cntlid)?.held
    found.push({
      vfNumber,
      address,
      binding,
      held: held ?? { vq: 0, vi: 0 },
      nsids: [...(attached?.nsids ?? [])],
    })
  }
  return { output: found }
}

export function foundIn(outputs: Turn['outputs'], vfNumber: number): Found {
  const all = outputOf(Type.Array(Found), outputs, RECORD_VFS)
  const found = all.find((entry) => entry.vfNumber === vfNumber)
  if (!found) throw new Error(`VF ${vfNumber} was not recorded`)
  return found
}

/** Who is behind an address: the controller where one answers, and what PCI says in any case. */
import type { Answering, FunctionIdentity } from '../../host/query.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { bootIdOf } from '../host-facts.ts'
import type { LinuxHost } from '../in-lane.ts'
import type { LaneSession } from '../lane-session.ts'
import { controllerIdentityOf, controllerNameOf } from '../nvme-controller.ts'
import { serialNumberOf, slotFacts } from '../pci-function.ts'

export async function readIdentity(
  host: LinuxHost,
  session: LaneSession,
  fn: PciAddress
): Promise<FunctionIdentity> {
  const { bootId, ...answering } = await readAnswering(host, fn)
  return {
    address: fn,
    pci: {
      ...(await slotFacts(host.kernel, fn)),
      // As in a scan: a VF that has one has its PF's.
      serialNumber: await serialNumberOf(session, answering.vf?.pf ?? fn),
      bootId,
    },
    ...answering,
  }
}

export async function readAnswering(
  { kernel, kinships }: LinuxHost,
  fn: PciAddress
): Promise<Answering> {
  const name = await controllerNameOf(kernel, fn)
  const controller = name === null ? null : await controllerIdentityOf(kernel, name)
  const kinship = await kinships.of(fn)
  return {
    bootId: await bootIdOf(kernel),
    ...(controller && { controller }),
    ...(kinship.kin === 'vf' && {
      vf: { pf: kinship.pf, vfNumber: kinship.vfNumber },
    }),
  }
}

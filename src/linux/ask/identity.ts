/** Who is behind an address: the controller where one answers, and what PCI says in any case. */
import type { FunctionIdentity } from '../../host/query.ts'
import type { PciAddress } from '../../nvme/pci-address.ts'
import { bootIdOf } from '../host-facts.ts'
import type { LinuxHost } from '../in-lane.ts'
import type { LaneSession } from '../lane-session.ts'
import { attributesOf, controllerNameOf } from '../nvme-controller.ts'
import { serialNumberOf, slotFacts } from '../pci-function.ts'

export async function readIdentity(
  host: LinuxHost,
  session: LaneSession,
  fn: PciAddress
): Promise<FunctionIdentity> {
  const { kernel } = host
  const name = await controllerNameOf(kernel, fn)
  const controller = name === null ? null : await attributesOf(kernel, name)
  const kinship = await host.kinships.of(fn)
  return {
    address: fn,
    pci: {
      ...(await slotFacts(kernel, fn)),
      // As in a scan: a VF that has one has its PF's.
      serialNumber: await serialNumberOf(session, kinship.kin === 'vf' ? kinship.pf : fn),
      bootId: await bootIdOf(kernel),
    },
    ...(controller && {
      controller: {
        serial: controller.serial,
        subsystemNqn: controller.subsystemNqn,
        cntlid: controller.cntlid,
      },
    }),
    ...(kinship.kin === 'vf' && {
      vf: { pf: kinship.pf, vfNumber: kinship.vfNumber },
    }),
  }
}

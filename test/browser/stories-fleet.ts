/** Hosts with something to say to an operator: drives in use, a VF that somebody else made, two that claim one identity. */
import { demoFleet, labLikeHost } from '../../src/emulator/demo-fleet.ts'
import type { FleetDescription, HostDescription } from '../../src/emulator/fleet.ts'

export const LAB = {
  host: 'rack1-lab-b',
  pf: '0000:01:00.0',
  serial: 'PF0',
  plain: '0000:02:00.0',
}
/** Its only namespace is held by device mapper, and it shares its IOMMU group with a drive that the host uses. */
export const HELD = {
  host: 'rack2-plain-a',
  address: '0000:04:00.0',
  sibling: '0000:03:00.0',
}
/** Its first VF is online, and its plain drive says that it is the one of LAB. */
export const FOREIGN = { host: 'rack1-lab-c', plain: '0000:02:00.0' }

export function storiesFleet(): FleetDescription {
  const held = demoFleet().hosts.filter(({ name }) => name === HELD.host)
  return { hosts: [labLikeHost(), foreignHost(), ...held] }
}

function foreignHost(): HostDescription {
  const { subsystems, ...host } = labLikeHost()
  return { ...host, name: FOREIGN.host, subsystems: subsystems.map(withForeignVf) }
}

type Subsystem = HostDescription['subsystems'][number]

function withForeignVf(subsystem: Subsystem): Subsystem {
  const controllers = subsystem.controllers.map((controller) => {
    const { sriov } = controller
    if (!sriov) return controller
    const online = { vfNumber: 1, vq: 3, vi: 2, online: true, namespaces: [] }
    return { ...controller, sriov: { ...sriov, vfCount: 2, virtualFunctions: [online] } }
  })
  if (!controllers.some(({ sriov }) => sriov)) return subsystem
  return { ...subsystem, nqn: `${subsystem.nqn}-c`, serial: 'PF0-C', controllers }
}

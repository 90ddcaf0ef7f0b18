import type { HostDescription, SubsystemDescription } from '../../src/emulator/fleet.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'

/** The lab's host with two VFs and three namespaces of its own: quickly scanned, and a person can read what is recorded of it. */
export function smallHost(name: string): HostDescription {
  const host = labLikeHost()
  const subsystems = host.subsystems.map((subsystem) => small(subsystem, name))
  return { ...host, otherFunctions: [], subsystems }
}

function small(subsystem: SubsystemDescription, host: string): SubsystemDescription {
  return {
    ...subsystem,
    nqn: `${subsystem.nqn}:${host}`,
    serial: `${subsystem.serial}-${host}`,
    // As they were when it was left: a journal is that of one description.
    namespaces: subsystem.namespaces.slice(0, 3).map((one) => ({ ...one, shared: true })),
    controllers: subsystem.controllers.map((controller) => {
      const { sriov } = controller
      return sriov ? { ...controller, sriov: { ...sriov, totalVfs: 2 } } : controller
    }),
  }
}

import type { HostDescription, SubsystemDescription } from '../../src/emulator/fleet.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'

export type SmallSize = {
  readonly totalVfs: number
  /** Of those that the drive has, the first. */
  readonly namespaces: number
}

const SMALL: SmallSize = { totalVfs: 2, namespaces: 3 }

/** The lab's host with two VFs and three namespaces of its own: quickly scanned, and a person can read what is recorded of it. */
export function smallHost(name: string, size: SmallSize = SMALL): HostDescription {
  const host = labLikeHost()
  const subsystems = host.subsystems.map((subsystem) => small(subsystem, name, size))
  return { ...host, otherFunctions: [], subsystems }
}

function small(
  subsystem: SubsystemDescription,
  host: string,
  { totalVfs, namespaces }: SmallSize
): SubsystemDescription {
  return {
    ...subsystem,
    nqn: `${subsystem.nqn}:${host}`,
    serial: `${subsystem.serial}-${host}`,
    // As they were when it was left: a journal is that of one description.
    namespaces: subsystem.namespaces
      .slice(0, namespaces)
      .map((one) => ({ ...one, shared: true })),
    controllers: subsystem.controllers.map((controller) => {
      const { sriov } = controller
      return sriov ? { ...controller, sriov: { ...sriov, totalVfs } } : controller
    }),
  }
}

/** What a description says of a drive that its device could not be. */
import type { DeviceName } from './devices/device-policy.ts'
import { policyOf } from './devices/devices.ts'
import { OPCODE } from './devices/opcodes.ts'
import type { FleetFault } from './fleet-fault.ts'
import type {
  ControllerDescription,
  NamespaceDescription,
  SubsystemDescription,
} from './fleet.ts'

export function deviceFaults(
  subsystem: SubsystemDescription,
  at: string
): readonly FleetFault[] {
  const { controllers, namespaces } = subsystem
  const [first] = controllers
  const device = policyOf(first?.device).name
  return [
    ...controllers.flatMap((one, c) =>
      controllerFaults(one, device, `${at}.controllers[${c}]`)
    ),
    ...capacityFaults(subsystem, at),
    ...namespaces.flatMap((one, n) =>
      attachmentFaults(one, controllers, `${at}.namespaces[${n}]`)
    ),
  ]
}

/** One drive, one firmware. */
function controllerFaults(
  controller: ControllerDescription,
  device: DeviceName,
  at: string
): readonly FleetFault[] {
  const { name, commands } = policyOf(controller.device)
  const { sriov } = controller
  const faults: FleetFault[] = []
  const fault = (field: string, reason: string) =>
    faults.push({ field: `${at}.${field}`, reason })
  if (name !== device) fault('device', `is not ${device}, as the drive's first is`)
  if (sriov && !commands.primary.has(OPCODE.virtualizationManagement))
    fault('sriov', `is not what ${name} has`)
  if (!name.startsWith('qemu')) return faults
  if ((sriov?.vqGranularity ?? 1) !== 1) fault('sriov.vqGranularity', 'is 1 with QEMU')
  if ((sriov?.viGranularity ?? 1) !== 1) fault('sriov.viGranularity', 'is 1 with QEMU')
  return faults
}

function capacityFaults(
  { capacityBytes, namespaces }: SubsystemDescription,
  at: string
): readonly FleetFault[] {
  const taken = namespaces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  if (capacityBytes === undefined || capacityBytes >= taken) return []
  return [{ field: `${at}.capacityBytes`, reason: 'is less than its namespaces take' }]
}

/** Ids that are given: those that a drive chooses by itself cannot be relied on. */
function attachmentFaults(
  { attached, attachedTo, shared }: NamespaceDescription,
  controllers: readonly ControllerDescription[],
  at: string
): readonly FleetFault[] {
  if (!attachedTo) return []
  const field = `${at}.attachedTo`
  const given = controllers.map(({ cntlid }) => cntlid)
  if (!attached) return [{ field, reason: 'needs attached: true' }]
  if (!shared && attachedTo.length > 1)
    return [{ field, reason: 'is more than one, of a private namespace' }]
  return attachedTo.every((id) => given.includes(id))
    ? []
    : [{ field, reason: 'names a cntlid that no controller is given' }]
}

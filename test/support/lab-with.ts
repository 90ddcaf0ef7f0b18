import type { DeviceName } from '../../src/emulator/devices/device-policy.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'

/** The lab's guest, its drives of another kind. */
export function labWith(device: DeviceName): HostDescription {
  const host = labLikeHost()
  const subsystems = host.subsystems.map((drive) => ({
    ...drive,
    controllers: drive.controllers.map((one) => ({ ...one, device })),
  }))
  return { ...host, subsystems }
}

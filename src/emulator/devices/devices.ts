/** The devices that a description may name. */
import type { DeviceName, DevicePolicy } from './device-policy.ts'
import { PLAIN } from './plain.ts'
import { PM1733 } from './pm1733.ts'
import { QEMU_10 } from './qemu-10.ts'
import { QEMU_7_2 } from './qemu-7-2.ts'
import { SPECIFICATION } from './specification.ts'

const DEVICES: Readonly<Record<DeviceName, DevicePolicy>> = {
  'qemu-7.2': QEMU_7_2,
  'qemu-10': QEMU_10,
  specification: SPECIFICATION,
  pm1733: PM1733,
  plain: PLAIN,
}

/** @param name default: the device of the lab */
export function policyOf(name: DeviceName = 'qemu-7.2'): DevicePolicy {
  return DEVICES[name]
}

/** Hosts of a storm: machines that outlast every service, each small, and with a pool that cannot serve everybody. */
import { systemClock } from '../../../src/clock.ts'
import type { HostDescription, SubsystemDescription } from '../../../src/emulator/fleet.ts'
import type { EmulatedMachine, MachineSnapshot } from '../../../src/emulator/machine.ts'
import { emulatedMachine } from '../../../src/emulator/power-on.ts'
import { AT_ONCE } from '../../../src/emulator/timing.ts'
import { hostIdOf } from '../../../src/inventory/identity.ts'
import { smallHost } from '../../support/small-host.ts'

export const PF = '0000:01:00.0'
export const PLAIN = '0000:02:00.0'
/** Namespaces for VFs: one each. */
export const NSIDS = [2, 3, 4]
/** Flexible VQ, and as many VI: too few for three VFs of the largest size. */
export const POOL = 8

export type StormHost = {
  readonly id: string
  readonly machineId: string
  readonly machine: EmulatedMachine
  readonly found: MachineSnapshot
}

export function stormFleet(count: number): Promise<readonly StormHost[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => stormHost(at)))
}

async function stormHost(at: number): Promise<StormHost> {
  const machineId = String(at + 1).padStart(32, '0')
  const name = `host-${at + 1}`
  const small = smallHost(name, { totalVfs: 3, namespaces: 4 })
  const subsystems = small.subsystems.map((drive) =>
    narrow(drive, DEVICES[at % DEVICES.length]!)
  ) // within
  const description: HostDescription = { ...small, name, machineId, subsystems }
  const options = { clock: systemClock, timing: AT_ONCE, seed: at }
  const machine = await emulatedMachine(description, options)
  return { id: hostIdOf(machineId), machineId, machine, found: machine.snapshot() }
}

const NAMESPACE_BYTES = 2 ** 20

const DEVICES = ['specification', 'qemu-10', 'qemu-7.2'] as const

function narrow(
  drive: SubsystemDescription,
  device: (typeof DEVICES)[number]
): SubsystemDescription {
  return {
    ...drive,
    namespaces: drive.namespaces.map((one) => ({ ...one, sizeBytes: NAMESPACE_BYTES })),
    controllers: drive.controllers.map((one) =>
      one.sriov
        ? { ...one, device, sriov: { ...one.sriov, vqFlexible: POOL, viFlexible: POOL } }
        : one
    ),
  }
}

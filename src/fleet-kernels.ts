/** The kernels that a configuration asks for: this machine's, or emulated ones. */
import { mkdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import path from 'node:path'
import type { Clock } from './clock.ts'
import { ConfigurationError, type FleetChoice } from './config.ts'
import { demoFleet } from './emulator/demo-fleet.ts'
import { readFleetFile } from './emulator/fleet-file.ts'
import type { FleetDescription } from './emulator/fleet.ts'
import { fleetMachines } from './emulator/fleet-machines.ts'
import { remoteMachines } from './emulator/process/remote-machine.ts'
import type { Drills } from './host/drills.ts'
import { hostIdIn } from './host-id.ts'
import type { Kernel } from './kernel/kernel.ts'
import { realKernel } from './kernel/real-kernel.ts'
import { lockDataFolder } from './store/data-lock.ts'

export type FleetKernel = {
  readonly kernel: Kernel
  /** null: a real machine. */
  readonly drills: Drills | null
  /** 32 hex digits, where its /etc/machine-id says nothing. */
  readonly machineId?: () => string
  /** Its machine-id, where that is known: such a host is asked nothing until it is scanned. */
  readonly knownMachineId?: string
}

/**
 * State of this machine's hardware, as against this service's: whatever its data folder, one nvirt at a time may drive
 * it, and a lane that hangs must be found by the next. It goes with the reboot that also ends every lane.
 */
const HARDWARE_FOLDER = '/run/nvirt'

export async function fleetKernels(
  fleet: FleetChoice,
  data: string,
  clock: Clock
): Promise<readonly FleetKernel[]> {
  switch (fleet.fleet) {
    case 'local':
      return [{ kernel: localKernel(clock), drills: null, machineId: () => hostIdIn(data) }]
    case 'demo':
      return emulated(demoFleet(), data, clock)
    case 'file':
      return emulated(readFleetFile(fleet.path), data, clock)
    case 'socket': {
      const machines = await remoteMachines(fleet.path, clock)
      return machines.map(({ kernel, drills }) => ({ kernel, drills }))
    }
  }
}

function localKernel(clock: Clock): Kernel {
  if (userInfo().uid !== 0) {
    throw new ConfigurationError('NVIRT_FLEET', 'local', 'driving this machine needs root')
  }
  const laneFolder = path.join(HARDWARE_FOLDER, 'lanes')
  mkdirSync(laneFolder, { recursive: true, mode: 0o700 })
  lockDataFolder(HARDWARE_FOLDER)
  return realKernel({ clock, laneFolder })
}

async function emulated(
  description: FleetDescription,
  data: string,
  clock: Clock
): Promise<readonly FleetKernel[]> {
  const folder = path.join(data, 'machines')
  mkdirSync(folder, { recursive: true })
  const { machines } = await fleetMachines(description, { clock, folder })
  return machines.map(({ kernel, drills, machineId }) => ({
    kernel,
    drills,
    knownMachineId: machineId,
  }))
}

/**
 * All machines of a fleet. A host that is described by itself is switched on at once, and a journal that cannot be read
 * ends the start; hosts of an entry with a `count` are made on demand.
 */
import path from 'node:path'
import type { Clock } from '../clock.ts'
import type { Drills } from '../host/drills.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { awakeMachines } from './awake-machines.ts'
import { firstBoots } from './first-boots.ts'
import { hostsOf } from './fleet-hosts.ts'
import type { FleetHost } from './fleet-hosts.ts'
import type { FleetDescription } from './fleet.ts'
import { machineIdOf } from './identity.ts'
import { machineOnDemand } from './machine-on-demand.ts'
import { emulatedMachine } from './power-on.ts'

export type FleetMachine = {
  readonly name: string
  readonly machineId: string
  readonly kernel: Kernel
  readonly drills: Drills
  readonly close: () => Promise<void>
}

export type FleetMachines = {
  readonly machines: readonly FleetMachine[]
  /** Machines on demand that are there now. */
  readonly awake: () => number
}

export type FleetOptions = {
  readonly clock: Clock
  /** Of the journals; it exists. */
  readonly folder: string
  /** Machines on demand that may be there without being used. */
  readonly mostIdle?: number
}

/** More than are looked at at once, and so few that they are gone while they are young: one takes some 100 KB. */
const MOST_IDLE = 16

export async function fleetMachines(
  fleet: FleetDescription,
  options: FleetOptions
): Promise<FleetMachines> {
  const awake = awakeMachines(options.mostIdle ?? MOST_IDLE)
  const many = fleet.hosts.filter(({ count }) => count !== undefined)
  const { clock, folder } = options
  const boots = many.length === 0 ? undefined : firstBoots(folder, many, clock.nowMs())

  async function machineOf({ name, entry, describe }: FleetHost): Promise<FleetMachine> {
    const journalPath = path.join(folder, `${name}.jsonl`)
    const { machineId = machineIdOf(name) } = entry
    if (entry.count === undefined)
      return { machineId, ...(await emulatedMachine(describe(), { clock, journalPath })) }
    const firstBootMs = boots?.ofEntry(entry)
    const powerOn = () =>
      emulatedMachine(describe(), {
        clock,
        journalPath,
        journalWhenNeeded: true,
        ...(firstBootMs !== undefined && { firstBootMs }),
      })
    return { name, machineId, ...machineOnDemand(powerOn, awake) }
  }

  return {
    machines: await Promise.all(hostsOf(fleet).map(machineOf)),
    awake: awake.count,
  }
}

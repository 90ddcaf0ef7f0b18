/** An emulated machine, what a capture of it says, and the inventories of both. */
import { machineFileOf } from '../../src/capture-command.ts'
import { parseFleet } from '../../src/emulator/fleet-file.ts'
import type { HostDescription } from '../../src/emulator/fleet.ts'
import type { EmulatedMachine } from '../../src/emulator/machine.ts'
import { emulatedMachine } from '../../src/emulator/power-on.ts'
import { AT_ONCE } from '../../src/emulator/timing.ts'
import type { HostObservation } from '../../src/host/observation.ts'
import { linuxHost } from '../../src/linux/linux-host.ts'
import { fakeClock } from '../support/fake-clock.ts'

export type Recorded = {
  readonly machine: EmulatedMachine
  readonly before: HostObservation
  /** The machine file. */
  readonly text: string
  readonly captured: HostDescription
  /** Of the machine that the file describes. */
  readonly after: HostObservation
}

export async function recorded(
  description: HostDescription,
  { hideNames = false } = {}
): Promise<Recorded> {
  const clock = fakeClock()
  const machine = await emulatedMachine(description, { clock, timing: AT_ONCE })
  const before = await linuxHost(machine.kernel, clock).scan()
  const text = await machineFileOf(machine.kernel, clock, hideNames)
  const [captured] = parseFleet(text, 'captured.yaml').hosts
  if (!captured) throw new Error('the capture has no host')
  const again = await emulatedMachine(captured, { clock, timing: AT_ONCE })
  const after = await linuxHost(again.kernel, clock).scan()
  return { machine, before, text, captured, after }
}

/** Without what is another with every boot, and what a load has worn. */
export function inventoryOf({ host, functions, namespaces }: HostObservation) {
  const { bootId: _, ...facts } = host
  return {
    facts,
    functions: functions.map(({ pci: { bootId: __, ...pci }, controller, ...fn }) => ({
      ...fn,
      pci,
      controller: controller && { ...controller, health: null },
    })),
    namespaces,
  }
}

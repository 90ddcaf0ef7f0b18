/** The port of drills on an emulated machine. */
import type { Clock } from '../../clock.ts'
import type { Drills, EventOutcome, MachineEvent } from '../../host/drills.ts'
import type { Uevent } from '../../kernel/kernel.ts'
import { UEVENTS_LOST } from '../../kernel/uevent-message.ts'
import type { Host } from '../host-in-boots.ts'
import type { BootRecord, Journal } from '../journal.ts'
import type { FaultInjector } from './fault-injector.ts'
import { happen, hindranceOf } from './machine-events.ts'
import type { LinuxEvent } from './machine-events.ts'

export type DrillParts = {
  readonly host: Host
  readonly faults: FaultInjector
  readonly journal: Journal
  readonly clock: Clock
  readonly emit: (uevent: Uevent) => void
  readonly nextBoot: (number: number, atMs: number) => BootRecord
}

export function machineDrills(parts: DrillParts): Drills {
  const { faults } = parts
  return {
    arm: async (fault) => faults.arm(fault),
    armed: async () => faults.armed(),
    takeBack: async (id, hanging) => faults.takeBack(id, hanging),
    fire: (event) =>
      event.event === 'reboot' ? reboot(parts, event) : fireOnLinux(parts, event),
  }
}

async function fireOnLinux(
  { host, journal }: DrillParts,
  event: LinuxEvent
): Promise<EventOutcome> {
  const running = host.running()
  if (!running) return { fired: false, state: 'down', from: 'up' }
  const { linux } = running
  linux.time.catchUp()
  const hindrance = hindranceOf(linux, event)
  if (hindrance) return hindrance
  const recorded = journal.append({ atMs: linux.uptimeMs(), event })
  void happen(linux, event)
  await recorded
  return { fired: true }
}

/**
 * What is in flight fails, and nothing answers until it is up again. Whoever watches hears that uevents were lost: of a
 * boot nobody hears them.
 */
async function reboot(
  { host, faults, journal, clock, emit, nextBoot }: DrillParts,
  { downMs = 0 }: MachineEvent & { readonly event: 'reboot' }
): Promise<EventOutcome> {
  if (!host.running()) return { fired: false, state: 'down', from: 'up' }
  const boot = nextBoot(host.boots(), clock.nowMs() + downMs)
  host.switchOff()
  faults.release('host-gone')
  const begin = async () => {
    await host.switchOn(boot)
    emit(UEVENTS_LOST)
  }
  await journal.append({ boot })
  if (downMs === 0) await begin()
  else clock.after(downMs, () => void begin())
  return { fired: true }
}

/** An emulated host over its boots: the drives stay, and each boot makes a Linux of them anew. */
import type { Clock } from '../clock.ts'
import { KernelError } from '../kernel/kernel-error.ts'
import type { Uevent } from '../kernel/kernel.ts'
import { boot, machineryOf } from './boot.ts'
import type { Machinery } from './boot.ts'
import { buildDrive } from './devices/build-drive.ts'
import { happen } from './faults/machine-events.ts'
import type { HostDescription } from './fleet.ts'
import { factsOf } from './identity.ts'
import type { BootJournal, BootRecord, JournalRecord } from './journal.ts'
import type { EmulatedLinux } from './linux.ts'
import { losePower } from './lose-power.ts'
import { systemCalls } from './system-calls.ts'
import type { SystemCalls } from './system-calls.ts'
import { Timetable } from './timetable.ts'
import type { Timing } from './timing.ts'

export type HostOptions = {
  readonly clock: Clock
  readonly seed: number
  readonly timing: Timing
  readonly emit: (uevent: Uevent) => void
}

/** One boot. */
export type Running = {
  readonly linux: EmulatedLinux
  readonly calls: SystemCalls
  /** Resolves when the host is switched off. */
  readonly switchedOff: Promise<void>
}

export interface Host {
  /** undefined: it is down. */
  running: () => Running | undefined
  /** How often it was switched on. */
  boots: () => number
  /** The last Linux, also while the host is down. */
  linux: () => EmulatedLinux
  /** Ends a boot, or what is left of one. */
  switchOff: () => void
  /** Begins the next one. The host must be off. */
  switchOn: (record: BootRecord) => Promise<void>
  /** Nothing happens on it any more. */
  close: () => void
}

/** As its journal left it. */
export async function hostInBoots(
  description: HostDescription,
  journal: readonly BootJournal[],
  options: HostOptions
): Promise<Host> {
  const machinery = machineryOf(description, description.subsystems.map(buildDrive))
  const begin = (record: BootRecord, bootNumber: number, firstBootMs: number) =>
    booted(description, machinery, record, { ...options, bootNumber, firstBootMs })
  const [first] = journal
  if (!first) throw new Error(`${description.name} has never been switched on`)
  let boots = 0
  let current = await begin(first.boot, boots++, first.boot.bootedAtMs)
  await replay(current.running, first.records)
  for (const { boot: record, records } of journal.slice(1)) {
    end(current, machinery)
    current = await begin(record, boots++, first.boot.bootedAtMs)
    await replay(current.running, records)
  }
  current.running.linux.time.run()
  let isOn = true
  return {
    running: () => (isOn ? current.running : undefined),
    boots: () => boots,
    linux: () => current.running.linux,
    switchOff: () => {
      if (isOn) end(current, machinery)
      isOn = false
    },
    switchOn: async (record) => {
      current = await begin(record, boots++, first.boot.bootedAtMs)
      current.running.linux.time.run()
      isOn = true
    },
    close: () => current.running.linux.time.stop(),
  }
}

type Boot = { readonly running: Running; readonly end: () => void }

type BeginOptions = HostOptions & {
  readonly bootNumber: number
  readonly firstBootMs: number
}

async function booted(
  description: HostDescription,
  machinery: Machinery,
  record: BootRecord,
  options: BeginOptions
): Promise<Boot> {
  const { clock, firstBootMs } = options
  const time = new Timetable(clock, Math.max(0, clock.nowMs() - record.bootedAtMs))
  const facts = factsOf(description, record)
  const poweredBeforeMs = record.bootedAtMs - firstBootMs
  const linux = await boot(description, machinery, {
    ...options,
    facts,
    time,
    poweredBeforeMs,
  })
  let switchOff: () => void = () => {}
  const switchedOff = new Promise<void>((resolve) => (switchOff = resolve))
  return { running: { linux, calls: systemCalls(linux), switchedOff }, end: switchOff }
}

/** Whoever drives the drives lets go; what they did is the drives' history. Then the power goes. */
function end({ running, end: tell }: Boot, { drives }: Machinery): void {
  const { linux } = running
  const guests = [...linux.holds.values()].flatMap((hold) => hold.guests)
  for (const { meter } of [...linux.controllers.values(), ...guests])
    meter.setNamespaces([], linux.uptimeMs())
  linux.time.stop()
  for (const { controller } of drives.flatMap((drive) => drive.controllers))
    losePower(controller)
  tell()
}

/** What was accepted once is done again, at the same times; a call that fails now failed then, and had no effect. */
async function replay(
  { linux, calls }: Running,
  records: readonly JournalRecord[]
): Promise<void> {
  for (const record of records) {
    linux.time.standAt(record.atMs)
    if ('event' in record) {
      await happen(linux, record.event)
      continue
    }
    try {
      await calls.perform(record.call, () => {})
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
    }
  }
}

/** Switches an emulated host on: as described, or as its journal left it. */
import { existsSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import type { KernelCall } from '../kernel/call.ts'
import { KernelError } from '../kernel/kernel-error.ts'
import type { Uevent } from '../kernel/kernel.ts'
import { callRunner } from './call-runner.ts'
import { emulatedKernel } from './emulated-kernel.ts'
import { FaultInjector } from './faults/fault-injector.ts'
import { machineDrills } from './faults/machine-drills.ts'
import type { HostDescription } from './fleet.ts'
import { hostInBoots } from './host-in-boots.ts'
import type { Host } from './host-in-boots.ts'
import { bootOf } from './identity.ts'
import { noJournal, openJournal, unwrittenJournal } from './journal.ts'
import type { BootRecord, Journal } from './journal.ts'
import type { EmulatedLinux } from './linux.ts'
import type { EmulatedMachine } from './machine.ts'
import { openDisk } from './open-disks.ts'
import { mountDisk, openGroup } from './open-files.ts'
import { Refused } from './refused.ts'
import { snapshotOf } from './snapshot.ts'
import { KERNEL_TIMING } from './timing.ts'
import type { Timing } from './timing.ts'

export type PowerOnOptions = {
  readonly clock: Clock
  /** Where accepted control calls are kept. Absent: the machine forgets. */
  readonly journalPath?: string
  /** Where there is no journal one is made once there is something to keep; default: at once. */
  readonly journalWhenNeeded?: boolean
  /** Wall clock, ms since the epoch: of its first boot, where it has no journal. Default now. */
  readonly firstBootMs?: number
  /** Of the load, and of the boot id. */
  readonly seed?: number
  /** How long the kernel takes for what it does; default as a real one. */
  readonly timing?: Timing
  /** Every call takes this long, besides. */
  readonly callLatencyMs?: number
}

export async function emulatedMachine(
  description: HostDescription,
  options: PowerOnOptions
): Promise<EmulatedMachine> {
  const { clock, seed = 1, timing = KERNEL_TIMING } = options
  const fresh = bootOf(description, seed, options.firstBootMs ?? clock.nowMs())
  const journal = await journalOf(options, fresh)
  const listeners = new Set<(uevent: Uevent) => void>()
  const emit = (uevent: Uevent) => listeners.forEach((listener) => listener(uevent))
  const host = await hostInBoots(description, journal.boots, { clock, seed, timing, emit })
  const faults = new FaultInjector()
  for (const fault of description.faults ?? []) faults.arm(fault)
  const transcript: KernelCall[] = []
  const run = callRunner({ host, journal, faults, transcript, ...options })
  const nextBoot = (number: number, atMs: number) => bootOf(description, seed, atMs, number)
  return {
    name: description.name,
    kernel: emulatedKernel(host, run, listeners, clock),
    faults,
    drills: machineDrills({ host, faults, journal, clock, emit, nextBoot }),
    transcript,
    snapshot: () => snapshotOf(host.linux()),
    isQuiet: () => isQuiet(host, faults),
    holdVfioGroup: (group, command) => hold(host.linux(), journal, group, command),
    openDisk: (disk, command, how) =>
      asKernelError(`/dev/${disk}`, () => openDisk(host.linux(), disk, command, how)),
    mount: (disk, mountPoint) =>
      asKernelError(`/dev/${disk}`, () => mountDisk(host.linux(), disk, mountPoint)),
    close: async () => {
      host.close()
      await journal.close()
    },
  }
}

async function journalOf(options: PowerOnOptions, fresh: BootRecord): Promise<Journal> {
  const { journalPath, journalWhenNeeded = false } = options
  if (journalPath === undefined) return noJournal(fresh)
  return journalWhenNeeded && !existsSync(journalPath)
    ? unwrittenJournal(journalPath, fresh)
    : openJournal(journalPath, fresh)
}

function isQuiet(host: Host, faults: FaultInjector): boolean {
  const linux = host.running()?.linux
  if (!linux) return false
  return linux.time.isIdle() && linux.holds.size === 0 && faults.armed().length === 0
}

function hold(
  linux: EmulatedLinux,
  journal: Journal,
  group: number,
  command: string | null
): () => void {
  const open = () => openGroup(linux, group, command)
  const release = asKernelError(`/dev/vfio/${group}`, open)
  recordResets(linux, journal, group)
  return release
}

/** Opening a group resets its functions, which outlasts the process that has it open. */
function recordResets(linux: EmulatedLinux, journal: Journal, group: number): void {
  for (const { fn } of linux.holds.get(group)?.guests ?? []) {
    const call: KernelCall = { call: 'write', path: `${fn.sysfsPath}/reset`, text: '1' }
    journal.append({ atMs: linux.uptimeMs(), call }).catch(() => {}) // the next control call hears of it
  }
}

function asKernelError<T>(path: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof Refused) throw new KernelError('open', path, error.errno)
    throw error
  }
}

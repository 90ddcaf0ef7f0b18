/** Boots a machine, as firmware and kernel find it: functions in bus order, drivers bound, disks mounted. */
import type { Uevent } from '../kernel/kernel.ts'
import { setUpAsFound, undrivenWhenFound } from './as-found.ts'
import { sataDisks } from './ahci/ahci-controller.ts'
import { findSataDisks } from './ahci/find-sata-disks.ts'
import type { BlockDevice } from './block-devices.ts'
import type { Drive } from './devices/build-drive.ts'
import type { DiskUses, HostDescription } from './fleet.ts'
import type { EmulatedLinux, MachineFacts } from './linux.ts'
import { loadMeters } from './load/host-load.ts'
import { addMount } from './open-files.ts'
import { deviceLocks } from './pci/device-locks.ts'
import { attachAny } from './pci/driver-binding.ts'
import { joinGroup } from './pci/iommu-groups.ts'
import { hardwareOf } from './pci/topology.ts'
import type { Hardware } from './pci/topology.ts'
import type { Timetable } from './timetable.ts'
import { AT_ONCE } from './timing.ts'
import type { Timing } from './timing.ts'
import { Tracefs } from './trace/tracefs.ts'

export type BootOptions = {
  readonly facts: MachineFacts
  /** Of the load. */
  readonly seed: number
  /** At 0. */
  readonly time: Timetable
  readonly timing: Timing
  readonly emit: (uevent: Uevent) => void
  /** 0: the first boot, which finds everything in the order of the bus. */
  readonly bootNumber: number
  /** The drives had power that long before this boot. */
  readonly poweredBeforeMs: number
}

/** What stands there whether the machine is on or not. */
export type Machinery = {
  readonly drives: readonly Drive[]
  readonly hardware: ReadonlyMap<string, Hardware>
}

export function machineryOf(
  description: HostDescription,
  drives: readonly Drive[]
): Machinery {
  const controllers = drives.flatMap((drive) => drive.controllers)
  const hardware = hardwareOf(description, controllers)
  return { drives, hardware: new Map(hardware.map((one) => [one.address, one])) }
}

export async function boot(
  description: HostDescription,
  machinery: Machinery,
  options: BootOptions
): Promise<EmulatedLinux> {
  const { time, timing, bootNumber } = options
  let isUp = false
  const linux: EmulatedLinux = {
    facts: options.facts,
    time,
    timing: AT_ONCE,
    uptimeMs: () => time.nowMs(),
    poweredOnMs: () => options.poweredBeforeMs + time.nowMs(),
    // Nobody listens to a machine that boots.
    emit: (uevent) => {
      if (isUp) options.emit(uevent)
    },
    drives: machinery.drives.map((drive) => drive.subsystem),
    hardware: machinery.hardware,
    functions: new Map(),
    groups: new Map(),
    dynamicIds: new Map(),
    busAutoprobe: true,
    controllers: new Map(),
    subsystems: new Map(),
    disks: new Map(),
    ahci: new Map(),
    mounts: [],
    swaps: [],
    heldDisks: new Set(),
    openDisks: new Set(),
    holds: new Map(),
    locks: deviceLocks(),
    tracefs: new Tracefs(),
    sequence: { disk: 0, pid: FIRST_PID },
    loadMeter: loadMeters(description, options.seed),
  }
  const undriven = bootNumber === 0 ? undrivenWhenFound(description) : NOBODY
  await findEverything(linux, bootNumber, undriven)
  if (bootNumber === 0) await setUpAsFound(linux, description)
  findSataDisks(linux, description, options.seed)
  useNamespaces(description, linux)
  for (const disk of sataDisks(linux)) use(linux, disk, disk.description)
  linux.timing = timing
  isUp = true
  return linux
}

const NOBODY: ReadonlySet<string> = new Set()

/** Later boots find groups and probe controllers in another order, as asynchronous probing does. */
async function findEverything(
  linux: EmulatedLinux,
  bootNumber: number,
  undriven: ReadonlySet<string>
): Promise<void> {
  const present = [...linux.hardware.values()].filter((one) => one.present)
  const found = present.map((hardware) => ({ hardware, fn: hardware.found() }))
  for (const { fn } of found) linux.functions.set(fn.address, fn)
  const inTurn = rotated(found, bootNumber)
  for (const { hardware, fn } of inTurn) joinGroup(linux, fn, hardware.label)
  const driven = rotated(
    found.filter(({ fn }) => fn.controller),
    bootNumber
  )
  for (const { fn } of driven) if (!undriven.has(fn.address)) await attachAny(linux, fn)
}

/** Never the order of the boot before, where there are two or more. */
function rotated<T>(things: readonly T[], by: number): readonly T[] {
  const first = by % Math.max(1, things.length)
  return [...things.slice(first), ...things.slice(0, first)]
}

/** Processes that tests start have numbers above the system's own. */
const FIRST_PID = 1400

/** Mounts and holders that the host has when nvirt first looks. */
function useNamespaces(description: HostDescription, linux: EmulatedLinux): void {
  for (const subsystem of description.subsystems)
    for (const { nsid, ...uses } of subsystem.namespaces) {
      const disk = [...linux.disks.values()].find(
        ({ kind, head, subsystem: { drive } }) =>
          kind !== 'path' && head.namespace.nsid === nsid && drive.nqn === subsystem.nqn
      )
      if (disk) use(linux, disk, uses)
    }
}

function use(
  linux: EmulatedLinux,
  disk: BlockDevice,
  { mount = [], holder = [], swap }: DiskUses
): void {
  for (const mountPoint of [mount].flat()) addMount(linux, disk, mountPoint)
  for (const name of [holder].flat()) disk.holders.add(name)
  if (swap) linux.swaps.push(disk)
}

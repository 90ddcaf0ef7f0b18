/** A machine as the host of a machine file. Only looks; the machine stays as it was. */
import type { Clock } from '../clock.ts'
import type { HostDriver } from '../host/driver.ts'
import type { FunctionObservation, HostObservation } from '../host/observation.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { busFunctions, groupLabels, type BusFunction } from './bus-functions.ts'
import { capturedDrive } from './capture-drive.ts'
import type { Machine } from './capture-drive.ts'
import { present } from './captured-host.ts'
import type { CapturedFunction, CapturedHost, CapturedSubsystem } from './captured-host.ts'
import { CaptureError, ifThere } from './kernel-reads.ts'

/**
 * @param driver over the same kernel
 * @throws {CaptureError} a lane hangs, or a file holds what it should not
 * @throws {KernelError} the kernel's own files cannot be read
 */
export async function captureHost(
  kernel: Kernel,
  driver: HostDriver,
  clock: Clock
): Promise<CapturedHost> {
  const seen = await patientScan(driver, clock)
  const functions = await busFunctions(kernel)
  const groupLabel = groupLabels(functions)
  const onBus = (address: string): BusFunction => {
    const found = functions.find((one) => one.address === address)
    if (!found) throw new CaptureError(`${address} went away while it was captured`)
    return found
  }
  const nvme = new Set(seen.functions.map(({ address }) => address))
  const { host } = seen
  return {
    name: hostName(host.hostname),
    machineId: host.machineId,
    cpus: host.onlineCpus,
    iommu: host.iommu,
    kernelRelease: host.kernelRelease,
    multipath: await hasMultipath(kernel),
    subsystems: await drivesOf({ kernel, seen, onBus, groupLabel }),
    otherFunctions: functions
      .filter(({ address }) => !nvme.has(address))
      .map((one) => otherFunction(one, groupLabel(one.address))),
  }
}

const SCANS = 4
const PAUSE_MS = 5000

/** A scan does without a lane that is slow to answer; a capture may wait for it. */
async function patientScan(driver: HostDriver, clock: Clock): Promise<HostObservation> {
  for (let scan = 1; ; scan++) {
    const seen = await driver.scan()
    const hanging = seen.functions.find(({ blocked }) => blocked !== null)
    if (!hanging) return seen
    const { address, blocked } = hanging
    if (scan === SCANS) throw new CaptureError(`${address} cannot be asked: ${blocked}`)
    await clock.sleep(PAUSE_MS)
  }
}

/** A name that a machine file takes. */
function hostName(hostname: string): string {
  const name = hostname.replaceAll(/[^A-Za-z0-9.-]/g, '-').replace(/^[^A-Za-z0-9]+/, '')
  return name.slice(0, 63) || 'captured'
}

/** Compiled in or not, and on by default. */
async function hasMultipath(kernel: Kernel): Promise<boolean> {
  const path = '/sys/module/nvme_core/parameters/multipath'
  const text = await ifThere(kernel.call({ call: 'read', path }))
  return text !== undefined && text.startsWith('Y')
}

/** VFs are their primary's. */
async function drivesOf(machine: Machine): Promise<readonly CapturedSubsystem[]> {
  const physical = machine.seen.functions.filter(({ vf }) => vf === null)
  const drives = new Map<string, [FunctionObservation, ...FunctionObservation[]]>()
  for (const fn of physical) {
    const key = fn.controller?.subsystemNqn ?? fn.address
    const known = drives.get(key)
    if (known) known.push(fn)
    else drives.set(key, [fn])
  }
  const captured: CapturedSubsystem[] = []
  for (const functions of drives.values())
    captured.push(await capturedDrive(machine, functions))
  return captured
}

function otherFunction(fn: BusFunction, group: string | undefined): CapturedFunction {
  return present({ ...fn, group }) as CapturedFunction // without what is undefined
}

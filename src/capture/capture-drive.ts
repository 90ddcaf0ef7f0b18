/** A drive: the functions that name the same subsystem, and its namespaces. */
import type { FunctionObservation, HostObservation } from '../host/observation.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { functionPath } from './bus-functions.ts'
import type { BusFunction } from './bus-functions.ts'
import { capturedController, deviceLike } from './capture-controller.ts'
import { capturedNamespace } from './capture-namespace.ts'
import { capturedSriov } from './capture-sriov.ts'
import type {
  CapturedController,
  CapturedDevice,
  CapturedFormat,
  CapturedSriov,
  CapturedSubsystem,
} from './captured-host.ts'
import { present } from './captured-host.ts'
import { allocatedQueues, formatsOf, ownWords } from './identify-facts.ts'
import type { Asked } from './identify-facts.ts'
import { hexOf, throughLane } from './kernel-reads.ts'

export type Machine = {
  readonly kernel: Kernel
  readonly seen: HostObservation
  readonly onBus: (address: string) => BusFunction
  readonly groupLabel: (address: string) => string | undefined
}

type Drive = {
  readonly functions: readonly FunctionObservation[]
  readonly namespaces: HostObservation['namespaces']
  readonly device: CapturedDevice
}

/** @param functions of one subsystem, no VF among them; at least one, the first one can be asked if any can */
export async function capturedDrive(
  machine: Machine,
  functions: readonly [FunctionObservation, ...FunctionObservation[]]
): Promise<CapturedSubsystem> {
  const [first] = functions
  const { controller } = first
  if (!controller) return unknownDrive(machine, first)
  const { kernel, seen, onBus } = machine
  const asked = askable(first)
  const { subsystemNqn: nqn, serial, model, firmware } = controller
  const namespaces = seen.namespaces.filter((one) => one.subsystemNqn === nqn)
  const said = asked && (await ownWords(kernel, asked))
  const device = deviceLike(
    controller,
    functions.some(({ sriov }) => sriov),
    said?.virtualizationManagement ?? false
  )
  const drive: Drive = { functions, namespaces, device }
  const controllers = await controllersOf(machine, drive)
  const captured = namespaces.map((one) =>
    capturedNamespace(
      one,
      controllers.map(({ cntlid }) => cntlid),
      device.startsWith('qemu')
    )
  )
  const taken = captured.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const capacity = Number(controller.capabilities?.totalCapacityBytes ?? 0)
  return present({
    nqn,
    serial,
    model,
    firmware,
    ...idsOf(onBus(first.address)),
    multiController: functions.length > 1 || (said?.severalControllers ?? false),
    lbaFormats: asked && (await loadableFormats(kernel, asked, namespaces)),
    capacityBytes: capacity >= taken && capacity > 0 ? capacity : undefined,
    controllers,
    namespaces: captured,
  }) as CapturedSubsystem // without what is undefined
}

/** nvme does not have it, so it says nothing: what is invented here keeps it apart from others. */
async function unknownDrive(
  machine: Machine,
  fn: FunctionObservation
): Promise<CapturedSubsystem> {
  const name = fn.address.replaceAll(/[:.]/g, '-')
  const device = fn.sriov ? 'specification' : 'plain'
  return {
    nqn: `nqn.2026-01.nvirt.unknown:${name}`,
    serial: `UNKNOWN-${name}`.slice(0, 20),
    model: 'Unknown',
    firmware: '0',
    ...idsOf(machine.onBus(fn.address)),
    multiController: fn.sriov !== null,
    controllers: await controllersOf(machine, { functions: [fn], namespaces: [], device }),
    namespaces: [],
  }
}

function idsOf({
  vendor,
  device,
  subsystemVendor,
  subsystemDevice,
  revision,
}: BusFunction) {
  return { vendor, device, subsystemVendor, subsystemDevice, revision }
}

async function controllersOf(
  machine: Machine,
  drive: Drive
): Promise<readonly CapturedController[]> {
  const controllers: CapturedController[] = []
  for (const [i, fn] of drive.functions.entries()) {
    const asked = askable(fn)
    controllers.push(
      capturedController({
        fn,
        device: drive.device,
        cntlid: fn.controller?.cntlid ?? i,
        behind: machine.onBus(fn.address).behind,
        group: machine.groupLabel(fn.address),
        queues: asked && (await allocatedQueues(machine.kernel, asked)),
        sriov: await sriovOf(machine, drive, fn),
      })
    )
  }
  return controllers
}

/** A controller that is not live answers nothing. */
function askable({ address, controller }: FunctionObservation): Asked | undefined {
  return controller?.state === 'live' ? { address, name: controller.name } : undefined
}

async function sriovOf(
  { kernel, seen, groupLabel }: Machine,
  { namespaces }: Drive,
  { address, sriov, controller }: FunctionObservation
): Promise<CapturedSriov | undefined> {
  if (!sriov || sriov.totalVfs === 0) return undefined
  const path = `${functionPath(address)}/sriov_vf_device`
  return capturedSriov({
    state: sriov,
    vfDevice: hexOf(await throughLane(kernel, address, { call: 'read', path }), path),
    primary: controller?.primary ?? null,
    secondaries: controller?.secondaries ?? [],
    vfs: seen.functions.filter(({ vf }) => vf?.pf === address),
    namespaces,
    groupLabel,
  })
}

/** undefined: it does not tell, or has formats that no emulated drive has. */
async function loadableFormats(
  kernel: Kernel,
  asked: Asked,
  [namespace]: HostObservation['namespaces']
): Promise<readonly CapturedFormat[] | undefined> {
  const formats = namespace && (await formatsOf(kernel, asked, namespace.nsid))
  const loadable = formats?.every(
    ({ blockBytes }) => blockBytes === 512 || blockBytes === 4096
  )
  return loadable ? formats : undefined
}

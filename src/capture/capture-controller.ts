/** A PCI function of a drive. */
import type { ControllerObservation, FunctionObservation } from '../host/observation.ts'
import type { CapturedController, CapturedDevice, CapturedSriov } from './captured-host.ts'
import { present } from './captured-host.ts'

export type ControllerFacts = {
  readonly fn: FunctionObservation
  readonly device: CapturedDevice
  readonly cntlid: number
  /** The function above it; undefined: a root bus is. */
  readonly behind: string | undefined
  readonly group: string | undefined
  /** I/O queue pairs that it has allocated; undefined: it does not tell. */
  readonly queues: number | undefined
  readonly sriov: CapturedSriov | undefined
}

export function capturedController(facts: ControllerFacts): CapturedController {
  const { fn, device, cntlid, behind, group, sriov } = facts
  const { driver = null, override = null } = fn.binding ?? {}
  return present({
    address: fn.address,
    device,
    cntlid,
    rootPort: behind ?? 'none',
    deviceSerialNumber: fn.pci.serialNumber ?? undefined,
    numaNode: fn.numaNode,
    group,
    link: linkOf(fn),
    resetMethods: (fn.resetMethods ?? []).filter((one) => one === 'flr' || one === 'bus'),
    ioQueues: Math.max(1, facts.queues ?? 1, (fn.controller?.queueCount ?? 0) - 1),
    sriov,
    driver: driver === 'nvme' || driver === 'vfio-pci' ? driver : ('none' as const),
    driverOverride: override ?? undefined,
  }) as CapturedController // without what is undefined
}

function linkOf({ link }: FunctionObservation): CapturedController['link'] {
  const { currentSpeed, currentWidth, maxSpeed, maxWidth } = link
  if (currentSpeed === null || currentWidth === null) return undefined
  const captured = {
    speed: currentSpeed,
    width: currentWidth,
    maxSpeed: maxSpeed ?? undefined,
    maxWidth: maxWidth !== null && maxWidth > 0 ? maxWidth : undefined,
  }
  return present(captured) as CapturedController['link']
}

/**
 * The device that behaves like it, as far as names and capabilities tell. A drive that has Namespace Management tells its
 * capacity (NVMe Base 2.1, "Identify Controller Data Structure", TNVMCAP), which QEMU's nvme does not.
 *
 * @param saysVirtualization OACS bit 7, which QEMU up to 9.0 leaves clear
 */
export function deviceLike(
  { model, firmware, primary, capabilities }: ControllerObservation,
  hasVfs: boolean,
  saysVirtualization: boolean
): CapturedDevice {
  const { namespaceManagement = false, totalCapacityBytes = '0' } = capabilities ?? {}
  if (model.startsWith('QEMU NVMe'))
    return Number.parseInt(firmware) >= FIRST_THAT_SAYS_SO ? 'qemu-10' : 'qemu-7.2'
  if (namespaceManagement && totalCapacityBytes === '0')
    return saysVirtualization ? 'qemu-10' : 'qemu-7.2'
  if (hasVfs) return primary && holdsEverything(primary) ? 'pm1733' : 'specification'
  return namespaceManagement ? 'specification' : 'plain'
}

/** Version of QEMU, which its firmware revision is. */
const FIRST_THAT_SAYS_SO = 9

/** All that could be given to secondaries is the primary's. */
function holdsEverything({
  vq,
  vi,
}: NonNullable<ControllerObservation['primary']>): boolean {
  return vq.total > 0 && vq.primary === vq.total && vi.primary === vi.total
}

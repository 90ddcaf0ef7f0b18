/** What may happen to a machine by itself, as values. A reboot is the host's, and not in here. */
import type { EventOutcome, DrillState, MachineEvent } from '../../host/drills.ts'
import { takeOffline } from '../devices/flexible-resources.ts'
import type { PrimaryController } from '../devices/subsystem.ts'
import type { EmulatedLinux } from '../linux.ts'
import { resetController } from '../nvme-driver/controller-reset.ts'
import { controllerOf } from '../nvme-driver/controllers.ts'
import { noticeDrives } from '../nvme-driver/drive-changes.ts'
import { resetByKernel } from '../pci/function-reset.ts'
import { primaryOf } from '../pci/pci-function.ts'
import type { PciFunction } from '../pci/pci-function.ts'
import { emptySlot, fillSlot, isBeingEmptied } from '../pci/slots.ts'
import { Refused } from '../refused.ts'

export type LinuxEvent = Exclude<MachineEvent, { readonly event: 'reboot' }>

type Hindrance = Extract<EventOutcome, { readonly fired: false }>

/** Why it cannot happen; undefined: it can. */
export function hindranceOf(
  linux: EmulatedLinux,
  event: LinuxEvent
): Hindrance | undefined {
  const state = stateOf(linux, event)
  const from = FROM[event.event]
  return state === from ? undefined : { fired: false, state, from }
}

const FROM = {
  'controller-reset': 'driven-by-nvme',
  'function-reset': 'present',
  'surprise-removal': 'physical',
  'hot-plug': 'absent',
  'resources-lost': 'primary',
} as const satisfies Record<LinuxEvent['event'], DrillState>

function stateOf(linux: EmulatedLinux, { event, address }: LinuxEvent): DrillState {
  const fn = linux.functions.get(address)
  const hardware = linux.hardware.get(address)
  if (hardware && isBeingEmptied(linux, hardware)) return 'being-removed'
  if (hardware && !hardware.present) return 'absent'
  if (!fn?.controller) return 'unknown'
  switch (event) {
    case 'controller-reset':
      return controllerOf(linux, fn)?.state === 'live'
        ? 'driven-by-nvme'
        : 'not-driven-by-nvme'
    case 'surprise-removal':
      return fn.vf ? 'virtual' : 'physical'
    case 'resources-lost':
      return primaryOf(fn) ? 'primary' : 'not-primary'
    case 'function-reset':
    case 'hot-plug':
      return 'present'
  }
}

/** Does it. What hardware does is done when this returns; the promise is for what Linux makes of it. */
export async function happen(linux: EmulatedLinux, event: LinuxEvent): Promise<void> {
  try {
    await begin(linux, event)
  } catch (error) {
    // A reset that fails: the driver has drawn its conclusions, and there is nobody to be told.
    if (!(error instanceof Refused)) throw error
  }
}

async function begin(linux: EmulatedLinux, event: LinuxEvent): Promise<void> {
  const { address } = event
  const fn = linux.functions.get(address)
  const hardware = linux.hardware.get(address)
  switch (event.event) {
    case 'controller-reset': {
      const controller = fn && controllerOf(linux, fn)
      return controller && resetController(linux, controller, () => {})
    }
    case 'function-reset':
      return fn && resetByKernel(linux, fn)
    case 'surprise-removal':
      return hardware && emptySlot(linux, hardware)
    case 'hot-plug':
      return hardware && fillSlot(linux, hardware)
    case 'resources-lost':
      return loseResources(linux, fn, event.vfNumber)
  }
}

/** As after a reset of the primary that nobody saw: Linux is told nothing. */
function loseResources(
  linux: EmulatedLinux,
  fn: PciFunction | undefined,
  vfNumber: number | undefined
): void {
  const primary: PrimaryController | undefined = fn && primaryOf(fn)
  for (const entry of primary?.secondaries ?? [])
    if (vfNumber === undefined || entry.vfNumber === vfNumber) takeOffline(entry)
  noticeDrives(linux)
}

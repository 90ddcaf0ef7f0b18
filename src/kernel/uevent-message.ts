/**
 * The kernel's uevent message: `add@/devices/...`, then `KEY=value` strings, each ended by a NUL.
 *
 * Source: Linux lib/kobject_uevent.c, kobject_uevent_env and uevent_net_broadcast.
 */
import type { Uevent } from './kernel.ts'

/** What nvirt looks at. Everything else on a machine, of which there is much, is nobody's business here. */
const SUBSYSTEMS = ['pci', 'nvme', 'nvme-subsystem', 'block', 'vfio']

/** Undefined for a message of another subsystem, or that is none. */
export function parseUevent(message: string): Uevent | undefined {
  const properties = propertiesOf(message)
  const { ACTION: action, DEVPATH: devpath, SUBSYSTEM: subsystem } = properties
  if (action === undefined || devpath === undefined || subsystem === undefined)
    return undefined
  if (!SUBSYSTEMS.includes(subsystem)) return undefined
  return { action, devpath, subsystem, properties }
}

/**
 * Messages were lost, since they came faster than they were read: whoever keeps an inventory must look at everything.
 * No kernel sends this action.
 */
export const UEVENTS_LOST: Uevent = {
  action: 'lost',
  devpath: '',
  subsystem: '',
  properties: {},
}

function propertiesOf(message: string): Readonly<Record<string, string>> {
  const pairs = message
    .split('\0')
    .filter((text) => text.includes('='))
    .map((text) => splitAt(text, text.indexOf('=')))
  return Object.fromEntries(pairs)
}

function splitAt(text: string, at: number): readonly [string, string] {
  return [text.slice(0, at), text.slice(at + 1)]
}

/** What the fields of a fleet say together, beyond each drive: nothing twice, everything in a place. */
import { countFaults, sharedNames } from './fleet-counts.ts'
import { driveFaults } from './fleet-drive-rules.ts'
import { DOCUMENT } from './fleet-fault.ts'
import type { FleetFault } from './fleet-fault.ts'
import { sataFaults } from './fleet-sata.ts'
import { placeFaults } from './fleet-places.ts'
import { repeated, soundParts } from './fleet-sound.ts'
import type { Placed, Sound } from './fleet-sound.ts'
import type { DiskUses, FleetDescription, HostEntry } from './fleet.ts'

/**
 * Contradictions in what is well-formed.
 *
 * @param malformed what the schema found wrong with the value
 */
export function inconsistencies(
  value: unknown,
  malformed: readonly FleetFault[]
): readonly FleetFault[] {
  const sound = soundParts(malformed)
  if (!sound.itself(DOCUMENT)) return []
  const fleet = value as FleetDescription // only its sound parts are looked at
  const hosts = sound.items(fleet.hosts, 'hosts')
  return [...nameFaults(sound, hosts), ...hosts.flatMap((host) => hostFaults(sound, host))]
}

/** The hosts of an entry are compared with others' once each entry is right by itself. */
function nameFaults(
  sound: Sound,
  hosts: readonly Placed<HostEntry>[]
): readonly FleetFault[] {
  const faults = [
    ...twice(sound, hosts, 'name', ({ name }) => name),
    ...hosts.flatMap((host) => countFaults(sound, host)),
  ]
  if (faults.length > 0) return faults
  const isSound = ({ at }: Placed<HostEntry>) =>
    sound.itself(`${at}.name`) && sound.itself(`${at}.count`)
  return sharedNames(hosts.filter(isSound))
}

function hostFaults(
  sound: Sound,
  { item: host, at }: Placed<HostEntry>
): readonly FleetFault[] {
  const subsystems = sound.items(host.subsystems, `${at}.subsystems`)
  const controllers = subsystems.flatMap((one) =>
    sound.items(one.item.controllers, `${one.at}.controllers`)
  )
  const others = sound.items(host.otherFunctions, `${at}.otherFunctions`)
  const whole = <T>(placed: readonly Placed<T>[]) =>
    placed.filter((one) => sound.whole(one.at))
  const namespaces = subsystems.flatMap((one) =>
    sound.items(one.item.namespaces, `${one.at}.namespaces`)
  )
  const sataDisks = others.flatMap((one) =>
    sound.items(one.item.sataDisks, `${one.at}.sataDisks`)
  )
  const iommu = host.iommu || !sound.itself(`${at}.iommu`)
  return [
    ...twice(sound, subsystems, 'nqn', ({ nqn }) => nqn),
    ...placeFaults(at, whole(controllers), whole(others), sound.whole(at)),
    ...whole(others).flatMap(sataFaults),
    ...mountFaults(sound, [...namespaces, ...sataDisks]),
    ...subsystems.flatMap((one) => driveFaults(sound, one, iommu)),
  ]
}

/** Mount points are the host's: two disks cannot have the same. */
function mountFaults(
  sound: Sound,
  disks: readonly Placed<DiskUses>[]
): readonly FleetFault[] {
  const mounted = disks
    .filter((one) => sound.whole(`${one.at}.mount`))
    .flatMap(({ item, at }) =>
      [item.mount ?? []].flat().map((point) => ({ item: point, at }))
    )
  return repeated(mounted, 'mount', (point) => point)
}

function twice<T>(
  sound: Sound,
  items: readonly Placed<T>[],
  field: string,
  key: (item: T) => unknown
): readonly FleetFault[] {
  return repeated(
    items.filter(({ at }) => sound.itself(`${at}.${field}`)),
    field,
    key
  )
}

/** What an entry for many hosts must say, so that each of them, and each of their drives, is one of its own. */
import { NUMBER, numbered } from './fleet-hosts.ts'
import type { FleetFault } from './fleet-fault.ts'
import type { Placed, Sound } from './fleet-sound.ts'
import type { HostEntry } from './fleet.ts'

/** Longest: a host's name (it is a file's too), an NQN, a serial number. Source: NVMe Base 2.1, "Identify Controller". */
const MOST = { name: 63, nqn: 223, serial: 20 } as const

export function countFaults(
  sound: Sound,
  { item: host, at }: Placed<HostEntry>
): readonly FleetFault[] {
  const { count } = host
  if (!sound.itself(`${at}.count`)) return []
  if (count === undefined) return uncountedFaults(sound, host, at)
  const texts = [
    { field: `${at}.name`, text: host.name, most: MOST.name },
    ...sound.items(host.subsystems, `${at}.subsystems`).flatMap((drive) => [
      { field: `${drive.at}.nqn`, text: drive.item.nqn, most: MOST.nqn },
      { field: `${drive.at}.serial`, text: drive.item.serial, most: MOST.serial },
    ]),
    ...sataDisksOf(sound, host, at).map((disk) => {
      return { field: `${disk.at}.serial`, text: disk.item.serial, most: MOST.serial }
    }),
  ]
  return [
    ...(host.machineId === undefined ? [] : [oneMachineId(at, count)]),
    ...texts
      .filter(({ field }) => sound.itself(field))
      .flatMap(({ field, text, most }) => textFaults(field, text, most, count)),
  ]
}

function sataDisksOf(sound: Sound, host: HostEntry, at: string) {
  return sound
    .items(host.otherFunctions, `${at}.otherFunctions`)
    .flatMap((one) => sound.items(one.item.sataDisks, `${one.at}.sataDisks`))
}

function uncountedFaults(sound: Sound, { name }: HostEntry, at: string) {
  const field = `${at}.name`
  if (!sound.itself(field) || !name.includes(NUMBER)) return []
  return [{ field, reason: `has ${NUMBER}, and the host has no count` }]
}

function oneMachineId(at: string, count: number): FleetFault {
  return {
    field: `${at}.machineId`,
    reason: `is one, and the hosts are ${count}: without it each gets its own`,
  }
}

function textFaults(
  field: string,
  text: string,
  most: number,
  count: number
): readonly FleetFault[] {
  if (!text.includes(NUMBER))
    return [{ field, reason: `must have ${NUMBER}, which tells ${count} hosts apart` }]
  const { length } = numbered(text, count)
  return length <= most
    ? []
    : [{ field, reason: `is longer than ${most} characters with the number ${count}` }]
}

/** Names that an entry's hosts and an earlier entry's share. */
export function sharedNames(hosts: readonly Placed<HostEntry>[]): readonly FleetFault[] {
  const owner = new Map<string, string>()
  return hosts.flatMap(({ item: { name, count = 1 }, at }) => {
    let earlier: string | undefined
    for (let n = 1; n <= count; n++) {
      const own = numbered(name, n)
      earlier ??= owner.get(own)
      if (!owner.has(own)) owner.set(own, `${at}.name`)
    }
    if (earlier === undefined || earlier === `${at}.name`) return []
    return [{ field: `${at}.name`, reason: `gives a name that ${earlier} has` }]
  })
}

/** Where the functions of a host are: no two at one address, VFs that have not appeared included, and bridges that lead somewhere. */
import { pciAddress, predictVfAddress, routingId } from '../nvme/pci-address.ts'
import type { FleetFault } from './fleet-fault.ts'
import { repeated } from './fleet-sound.ts'
import type { Placed } from './fleet-sound.ts'
import type { ControllerDescription, OtherFunctionDescription } from './fleet.ts'
import { bridgesOf, busOf, domainOf, NO_PORT, NoFreePort } from './pci/bridges.ts'
import type { Bridges } from './pci/bridges.ts'

type Controller = Placed<ControllerDescription>
type Other = Placed<OtherFunctionDescription>
/** An address, and the field that claims it. */
type Claim = { readonly address: string; readonly field: string }

/** @param complete these are all functions of the host, none was left out as malformed */
export function placeFaults(
  host: string,
  controllers: readonly Controller[],
  others: readonly Other[],
  complete: boolean
): readonly FleetFault[] {
  const functions: readonly Placed<{ readonly address: string }>[] = [
    ...controllers,
    ...others,
  ]
  const bridges = bridgesOrFault(host, controllers, others)
  if ('reason' in bridges) return [bridges]
  const ports = bridges.rootPorts.map((address) => ({ address, field: 'a root port' }))
  const claims = [
    ...ports,
    ...functions.map(({ item, at }) => ({ address: item.address, field: `${at}.address` })),
  ]
  return [
    ...repeated(functions, 'address', ({ address }) => address),
    ...controllers.flatMap((one) => portFaults(one, controllers, others)),
    ...vfFaults(controllers, claims),
    ...(complete ? others.flatMap((one) => behindFaults(one, bridges, others)) : []),
  ]
}

function bridgesOrFault(
  host: string,
  controllers: readonly Controller[],
  others: readonly Other[]
): Bridges | FleetFault {
  const items = <T>(placed: readonly Placed<T>[]) => placed.map(({ item }) => item)
  try {
    return bridgesOf(items(controllers), items(others))
  } catch (error) {
    if (!(error instanceof NoFreePort)) throw error
    return { field: `${host}.subsystems`, reason: `has ${error.message}` }
  }
}

/** One port for a bus, one bus for a port, and the port is on another bus than what is behind it. */
function portFaults(
  { item: { address, rootPort }, at }: Controller,
  controllers: readonly Controller[],
  others: readonly Other[]
): readonly FleetFault[] {
  if (rootPort === undefined || rootPort === NO_PORT) return []
  const refuse = (reason: string) => [{ field: `${at}.rootPort`, reason }]
  const bus = busOf(address)
  if (busOf(rootPort) === bus) return refuse(`is on the bus that is behind it`)
  const misfit = controllers.find(
    ({ item }) =>
      item.rootPort !== undefined &&
      (item.rootPort === rootPort) !== (busOf(item.address) === bus)
  )
  if (misfit) return refuse(`disagrees with ${misfit.at}.rootPort: a bus has one port`)
  if (controllers.some(({ item }) => item.address === rootPort))
    return refuse('is an NVMe controller')
  const described = others.find(({ item }) => item.address === rootPort)
  return described && !isBridge(described.item) ? refuse('is no bridge') : []
}

const CLASS_OF_BRIDGES = 0x06

function isBridge({ classCode }: OtherFunctionDescription): boolean {
  return classCode >>> 16 === CLASS_OF_BRIDGES
}

function behindFaults(
  { item: { address, behind }, at }: Other,
  bridges: Bridges,
  others: readonly Other[]
): readonly FleetFault[] {
  if (behind === undefined) return []
  const refuse = (reason: string) => [{ field: `${at}.behind`, reason }]
  const bridge = others.find(({ item }) => item.address === behind)?.item
  if (!bridge && !bridges.rootPorts.includes(behind))
    return refuse('names no bridge of this host')
  if (busOf(behind) === busOf(address)) return refuse('is on the same bus')
  // A function with a domain of its own behind it, as Intel's VMD, is no bridge.
  if (bridge && !isBridge(bridge) && domainOf(behind) === domainOf(address))
    return refuse('is no bridge')
  return leadsBack(address, bridges) ? refuse('leads back to where it begins') : []
}

function leadsBack(start: string, { above }: Bridges): boolean {
  const seen = new Set([start])
  for (let next = above(start); next !== undefined; next = above(next)) {
    if (seen.has(next)) return true
    seen.add(next)
  }
  return false
}

/** VFs appear where nothing else is. */
function vfFaults(
  controllers: readonly Controller[],
  claims: readonly Claim[]
): readonly FleetFault[] {
  const taken = new Map(claims.map(({ address, field }) => [address, field]))
  return controllers.flatMap(({ item, at }) => {
    const field = `${at}.sriov.totalVfs`
    for (const [index, address] of vfAddresses(item).entries()) {
      if (address === undefined)
        return [{ field, reason: `puts VF ${index + 1} beyond the last bus` }]
      const owner = taken.get(address)
      if (owner !== undefined)
        return [{ field, reason: `puts VF ${index + 1} at ${address}, where ${owner} is` }]
      taken.set(address, `VF ${index + 1} of ${at}`)
    }
    return []
  })
}

const LAST_ROUTING_ID = 0xffff

/** undefined: there is no such routing id. */
function vfAddresses({
  address,
  sriov,
}: ControllerDescription): readonly (string | undefined)[] {
  if (!sriov) return []
  const { totalVfs, offset = 1, stride = 1 } = sriov
  const pf = pciAddress(address)
  return Array.from({ length: totalVfs }, (_, index) =>
    routingId(pf) + offset + stride * index > LAST_ROUTING_ID
      ? undefined
      : predictVfAddress(pf, index, offset, stride)
  )
}

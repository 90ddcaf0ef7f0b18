/**
 * Which bridge is above which function of a described host. What a description leaves out comes by itself: a root port
 * for each bus of drives. Source of the paths: Linux drivers/pci/probe.c (pci_setup_device, pci_create_root_bus);
 * drivers/pci/controller/vmd.c, whose domain of its own begins behind a function.
 */
import type { ControllerDescription, OtherFunctionDescription } from '../fleet.ts'

export type PlacedController = Pick<ControllerDescription, 'address' | 'rootPort'>
export type PlacedFunction = Pick<OtherFunctionDescription, 'address' | 'behind'>

export type Bridges = {
  /** Root ports that no other function is described as, in order. */
  readonly rootPorts: readonly string[]
  /** The function above; undefined: a root bus is. */
  readonly above: (address: string) => string | undefined
  /** The directory under /sys/devices. */
  readonly pathOf: (address: string) => string
}

/** A controller directly on a root bus. */
export const NO_PORT = 'none'

/** @throws {NoFreePort} */
export function bridgesOf(
  controllers: readonly PlacedController[],
  otherFunctions: readonly PlacedFunction[]
): Bridges {
  const others = new Map(otherFunctions.map(({ address, behind }) => [address, behind]))
  const ports = portsOfDrives(controllers, [...others.keys()])
  const above = (address: string) =>
    others.has(address) ? others.get(address) : ports.get(address)

  function pathOf(address: string): string {
    const bridge = above(address)
    if (bridge === undefined) return `/sys/devices/pci${busOf(address)}/${address}`
    const sameDomain = domainOf(bridge) === domainOf(address)
    return `${pathOf(bridge)}/${sameDomain ? '' : `pci${busOf(address)}/`}${address}`
  }

  const rootPorts = new Set([...ports.values()].filter((port) => !others.has(port)))
  return { rootPorts: [...rootPorts], above, pathOf }
}

/** By controller: the port that is given, or that its bus has, or a new one. */
function portsOfDrives(
  controllers: readonly PlacedController[],
  others: readonly string[]
): ReadonlyMap<string, string> {
  const taken = new Set([...others, ...controllers.map(({ address }) => address)])
  const byBus = new Map<string, string>()
  for (const { address, rootPort } of controllers)
    if (rootPort !== undefined && rootPort !== NO_PORT) {
      byBus.set(busOf(address), rootPort)
      taken.add(rootPort)
    }
  const found = new Map<string, string>()
  const seen = new Set<string>()
  for (const { address, rootPort } of controllers) {
    const bus = busOf(address)
    if (rootPort === NO_PORT || (rootPort === undefined && isRootBus(bus))) continue
    const port = byBus.get(bus) ?? freePort(domainOf(address), seen.size, taken)
    seen.add(bus)
    byBus.set(bus, port)
    found.set(address, port)
  }
  return found
}

/** The first two slots are those of host bridge and graphics. */
const FIRST_SLOT = 2
const SLOTS = 32 - FIRST_SLOT
const FUNCTIONS = 8

/** @param known ports before it, which is where the search begins */
function freePort(domain: string, known: number, taken: Set<string>): string {
  for (let n = known; n < SLOTS * FUNCTIONS; n++) {
    const slot = (FIRST_SLOT + (n % SLOTS)).toString(16).padStart(2, '0')
    const port = `${domain}:00:${slot}.${Math.floor(n / SLOTS)}`
    if (taken.has(port)) continue
    taken.add(port)
    return port
  }
  throw new NoFreePort(domain)
}

/** A root bus has room for no more root ports. */
export class NoFreePort extends Error {
  constructor(domain: string) {
    super(`no free slot for a root port on the root bus of domain ${domain}`)
    this.name = 'NoFreePort'
  }
}

function isRootBus(bus: string): boolean {
  return bus.endsWith(':00')
}

export function busOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'))
}

export function domainOf(address: string): string {
  return address.slice(0, address.indexOf(':'))
}

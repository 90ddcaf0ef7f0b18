/** The load of each function of a host: as described for its controller, a VF's as its PF's. */
import type { HostDescription } from '../fleet.ts'
import { QUEUE_DEPTH } from '../nvme-driver/host-controller.ts'
import type { PciFunction } from '../pci/pci-function.ts'
import { functionLoad } from './function-load.ts'
import { LoadMeter } from './load-meter.ts'
import { QueueLoad } from './queue-load.ts'
import { seedOf } from './seeded.ts'

export function loadMeters(description: HostDescription, seed: number) {
  const loads = new Map(
    description.subsystems
      .flatMap((subsystem) => subsystem.controllers)
      .map((controller) => [controller.address, controller.load])
  )
  const table = new QueueLoad(QUEUE_DEPTH)
  return (fn: PciFunction, queues: number): LoadMeter => {
    const load = loads.get((fn.vf?.pf ?? fn).address)
    const own = seedOf(`${seed} ${description.name} ${fn.address}`)
    const used = load && queues > 0
    const its = used ? functionLoad(load, queues, table.limit, own) : undefined
    return new LoadMeter(table, its, queues)
  }
}

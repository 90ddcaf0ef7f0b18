/**
 * Numbers and names of what Linux finds behind AHCI controllers. Source: Linux drivers/ata/ahci.c, ahci_init_one;
 * libata-core.c, ata_host_register; drivers/scsi/sd.c, sd_probe, sd_format_disk_name and sd_major.
 */
import type { HostDescription, SataDiskDescription } from '../fleet.ts'
import type { EmulatedLinux } from '../linux.ts'
import { seedOf } from '../load/seeded.ts'
import { allocateIrqs } from '../pci/interrupts.ts'
import type { SataDisk } from './ahci-controller.ts'
import { NO_LOAD, settledLoad } from './disk-load.ts'

/** After the functions: SATA disks take longer to spin up than nvme to come. */
export function findSataDisks(
  linux: EmulatedLinux,
  description: HostDescription,
  seed: number
): void {
  let ports = 0
  let disks = firstDisk(description)
  for (const { address, sataDisks = [] } of inOrder(description.otherFunctions ?? [])) {
    if (sataDisks.length === 0) continue
    const found = new Map(
      inOrder(sataDisks.map((one, i) => ({ ...one, port: one.port ?? i }))).map((one) => {
        const own = seedOf(`${seed} ${description.name} ${address} ${one.port}`)
        return [one.port, sataDisk(one, disks++, ++linux.sequence.disk, own)]
      })
    )
    linux.ahci.set(address, {
      address,
      irq: allocateIrqs(linux, 1)[0] ?? 0,
      ports: Array.from({ length: Math.max(...found.keys()) + 1 }, (_, portNumber) => ({
        id: ++ports,
        portNumber,
        disk: found.get(portNumber),
      })),
    })
  }
}

/** The disk that the root file system is on is sda: one that nobody describes, unless somebody does. */
function firstDisk({ subsystems, otherFunctions = [] }: HostDescription): number {
  const described = [
    ...subsystems.flatMap(({ namespaces }) => namespaces),
    ...otherFunctions.flatMap(({ sataDisks = [] }) => sataDisks),
  ]
  return described.some(({ mount = [] }) => [mount].flat().includes('/')) ? 0 : 1
}

function inOrder<T extends { readonly address: string } | { readonly port: number }>(
  things: readonly T[]
): readonly T[] {
  const key = (one: T) => ('address' in one ? one.address : one.port)
  return things.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}

function sataDisk(
  description: SataDiskDescription,
  index: number,
  sequence: number,
  seed: number
): SataDisk {
  const { load } = description
  return {
    kind: 'sata',
    name: `sd${letters(index)}`,
    major: SD_MAJORS[index >> 4] ?? 0,
    minor: (index & 15) * MINORS,
    sequence,
    description,
    load: load ? settledLoad(load, seed) : NO_LOAD,
    holders: new Set(),
  }
}

/** The disk and its partitions. */
const MINORS = 16
const SD_MAJORS = [8, 65, 66, 67, 68, 69, 70, 71, 128, 129, 130, 131, 132, 133, 134, 135]

/** a to z, aa to zz … */
function letters(index: number): string {
  const before = index < 26 ? '' : letters(Math.floor(index / 26) - 1)
  return before + String.fromCharCode('a'.charCodeAt(0) + (index % 26))
}

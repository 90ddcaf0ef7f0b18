/** A machine file of many hosts alike, each with one SR-IOV drive whose VFs are online, driven by nvme, and busy. */

export type RackSize = {
  readonly hosts: number
  /** Of each host. */
  readonly vfs: number
  /** I/O queue pairs of each VF. */
  readonly queues: number
}

const PRIVATE = 9

export function drivenRack({ hosts, vfs, queues }: RackSize) {
  return {
    hosts: [
      {
        name: 'rack-{n}',
        count: hosts,
        cpus: queues,
        iommu: true,
        kernelRelease: '6.12.95+deb12-amd64',
        subsystems: [drive(vfs, queues)],
      },
    ],
  }
}

function drive(vfs: number, queues: number) {
  const vq = queues + 1 // with its admin queue
  return {
    nqn: 'nqn.2026-01.example.drives:sr7-{n}',
    serial: 'SR7-{n}',
    model: 'Example SR7 SR-IOV 7.68TB',
    firmware: '2.1.4',
    vendor: 0x1ff7,
    device: 0x7e01,
    controllers: [
      {
        address: '0000:41:00.0',
        device: 'specification',
        cntlid: 65,
        numaNode: 1,
        link: { speed: '16.0 GT/s PCIe', width: 4 },
        ioQueues: PRIVATE - 1,
        sriov: {
          totalVfs: vfs,
          vqFlexible: vq * vfs,
          viFlexible: vq * vfs,
          maxVqPerVf: vq,
          maxViPerVf: vq,
          vqPrivate: PRIVATE,
          viPrivate: PRIVATE,
          vfCount: vfs,
          virtualFunctions: eachFrom1(vfs, (n) => ({
            vfNumber: n,
            vq,
            vi: vq,
            online: true,
            namespaces: [n],
            driver: 'nvme',
          })),
        },
        load: { iops: 180_000, latencyUs: 95 },
      },
    ],
    namespaces: eachFrom1(vfs, (n) => ({
      nsid: n,
      sizeBytes: 100 * 2 ** 30,
      blockBytes: 4096,
      attached: false,
      shared: true,
      nguid: `0025385a${String(n).padStart(24, '0')}`,
    })),
  }
}

function eachFrom1<T>(count: number, make: (n: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, i) => make(i + 1))
}

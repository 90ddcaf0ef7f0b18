/**
 * The lab's guest as a description: Debian's 6.1 on QEMU 7.2 with 4 CPUs, one SR-IOV controller of 8 VFs in a subsystem
 * with four namespaces, one plain controller. What a test finds here it finds on the real kernel too.
 */
import type {
  HostDescription,
  OtherFunctionDescription,
  SubsystemDescription,
} from './fleet.ts'

const NAMESPACE_BYTES = 64 * 2 ** 20

export function labLikeHost(): HostDescription {
  return {
    name: 'rack1-lab-b',
    cpus: 4,
    iommu: true,
    kernelRelease: '6.1.0-56-amd64',
    otherFunctions: [...Q35],
    subsystems: [sriovDrive(), plainDrive()],
  }
}

function sriovDrive(): SubsystemDescription {
  return {
    nqn: 'nqn.2019-08.org.qemu:nqn.2026-01.lab:sub0',
    serial: 'PF0',
    ...QEMU_NVME,
    controllers: [
      {
        address: '0000:01:00.0',
        rootPort: '0000:00:04.0',
        ioQueues: 2,
        sriov: {
          totalVfs: 8,
          vqFlexible: 32,
          viFlexible: 24,
          maxVqPerVf: 8,
          maxViPerVf: 6,
          vqPrivate: 3,
          viPrivate: 9,
        },
        load: { iops: 6_000, latencyUs: 400 },
      },
    ],
    namespaces: [1, 2, 3, 4].map((nsid) => labNamespace(nsid, nsid === 1)),
  }
}

function plainDrive(): SubsystemDescription {
  return {
    nqn: 'nqn.2019-08.org.qemu:PLAIN0',
    serial: 'PLAIN0',
    ...QEMU_NVME,
    controllers: [
      {
        address: '0000:02:00.0',
        rootPort: '0000:00:05.0',
        ioQueues: 64,
        load: { iops: 2_000, latencyUs: 250 },
      },
    ],
    namespaces: [{ ...labNamespace(1, true), shared: false }],
  }
}

const QEMU_NVME = {
  model: 'QEMU NVMe Ctrl',
  firmware: '7.2.22',
  vendor: 0x1b36,
  device: 0x0010,
}

function labNamespace(nsid: number, attached: boolean) {
  return { nsid, sizeBytes: NAMESPACE_BYTES, blockBytes: 512, attached, shared: true }
}

/** What QEMU gives a function that has none of its own. Source: QEMU include/hw/pci/pci.h (PCI_SUBVENDOR_ID_REDHAT_QUMRANET). */
const OF_QEMU = { subsystemVendor: 0x1af4, subsystemDevice: 0x1100 } as const

/** QEMU's q35 with a display and two virtio devices; the ICH9's functions share a group. */
const Q35: readonly OtherFunctionDescription[] = [
  {
    address: '0000:00:00.0',
    classCode: 0x060000,
    vendor: 0x8086,
    device: 0x29c0,
    ...OF_QEMU,
  },
  { address: '0000:00:01.0', classCode: 0x030000, vendor: 0x1234, device: 0x1111 },
  virtio('0000:00:02.0', 0x020000),
  virtio('0000:00:03.0', 0x078000),
  ich9('0000:00:1f.0', 0x060100, 0x2918),
  ich9('0000:00:1f.2', 0x010601, 0x2922),
  ich9('0000:00:1f.3', 0x0c0500, 0x2930),
]

function virtio(address: string, classCode: number): OtherFunctionDescription {
  return { address, classCode, vendor: 0x1af4, device: 0x1000, driver: 'virtio-pci' }
}

function ich9(
  address: string,
  classCode: number,
  device: number
): OtherFunctionDescription {
  const ids = { vendor: 0x8086, device, revision: 0x02, ...OF_QEMU }
  return { address, classCode, ...ids, group: 'ich9' }
}

/**
 * The fleet that nvirt shows without configuration: five hosts with little in common, so that every page has something
 * to say. Drives are invented, the lab's excepted, which is QEMU's.
 */
import type {
  FleetDescription,
  HostDescription,
  NamespaceDescription,
  OtherFunctionDescription,
  SubsystemDescription,
} from './fleet.ts'

import { labLikeHost } from './lab-like-host.ts'

export { labLikeHost }

const GIB = 2 ** 30
const TIB = 2 ** 40

export function demoFleet(): FleetDescription {
  return {
    hosts: [
      sriovHost(),
      labLikeHost(),
      plainHost(),
      hostWithoutIommu(),
      dualControllerHost(),
    ],
  }
}

/** A big SR-IOV drive: 32 VFs, and a pool that 16 of them use up when each takes all that it may. */
function sriovHost(): HostDescription {
  return {
    name: 'rack1-nvme-a',
    cpus: 16,
    iommu: true,
    kernelRelease: '6.12.95+deb12-amd64',
    subsystems: [bigSriovDrive()],
  }
}

function bigSriovDrive(): SubsystemDescription {
  return {
    nqn: 'nqn.2026-01.example.drives:sr7-0a41c2',
    serial: 'SR70A41C2',
    model: 'Example SR7 SR-IOV 7.68TB',
    firmware: '2.1.4',
    ...EXAMPLE_DRIVE,
    controllers: [
      {
        address: '0000:41:00.0',
        cntlid: 65,
        deviceSerialNumber: '0025385a41c20001',
        numaNode: 1,
        link: { speed: '16.0 GT/s PCIe', width: 4 },
        ioQueues: 16,
        sriov: {
          totalVfs: 32,
          vqFlexible: 256,
          viFlexible: 256,
          maxVqPerVf: 16,
          maxViPerVf: 16,
          vqPrivate: 17,
          viPrivate: 17,
          tenantSafe: true,
        },
        load: {
          arrivalsPerSecond: 180_000,
          serviceMicroseconds: 85,
          parallelism: 64,
          burst: { everyMs: 20_000, forMs: 2_000, factor: 3 },
        },
      },
    ],
    namespaces: [
      {
        ...namespace(1, 200 * GIB, 'a41c2'),
        attached: true,
        shared: false,
        mount: '/srv/images',
      },
      ...Array.from({ length: 40 }, (_, i) => namespace(i + 2, 160 * GIB, 'a41c2')),
    ],
  }
}

/** Plain drives: one in use by the host, one free, and two that can only be handed out together. It boots from a SATA disk. */
function plainHost(): HostDescription {
  return {
    name: 'rack2-plain-a',
    cpus: 8,
    iommu: true,
    kernelRelease: '6.1.0-56-amd64',
    subsystems: [
      plainDrive('0000:01:00.0', 'PL01', { mount: '/var/lib/data', iops: 42_000 }),
      plainDrive('0000:02:00.0', 'PL02', { iops: 3_000 }),
      plainDrive('0000:03:00.0', 'PL03', { group: 'slot3', iops: 12_000 }),
      plainDrive('0000:04:00.0', 'PL04', { group: 'slot3', holder: 'dm-0', iops: 900 }),
    ],
    otherFunctions: [HOST_BRIDGE, bootDisk()],
  }
}

const HOST_BRIDGE = {
  address: '0000:00:00.0',
  classCode: 0x060000,
  vendor: 0x8086,
  device: 0x29c0,
}

/** What NVMe is compared with: asked for more than one queue of 32 commands and 600 MB/s give. */
function bootDisk(): OtherFunctionDescription {
  return {
    address: '0000:00:17.0',
    classCode: 0x010601,
    vendor: 0x8086,
    device: 0xa182,
    driver: 'ahci',
    sataDisks: [
      {
        model: 'Example SD2 960GB',
        serial: 'SD20001',
        firmware: '1.0.3',
        sizeBytes: 960_197_124_096,
        mount: '/',
        load: { iops: 90_000, latencyUs: 120 },
      },
    ],
  }
}

/** Nothing can be handed over here: the IOMMU is off. */
function hostWithoutIommu(): HostDescription {
  return {
    name: 'rack2-noiommu-b',
    cpus: 4,
    iommu: false,
    kernelRelease: '6.1.0-56-amd64',
    subsystems: [
      plainDrive('0000:01:00.0', 'NI01', { iops: 8_000 }),
      plainDrive('0000:02:00.0', 'NI02', { mount: '/srv/backup', iops: 2_500 }),
    ],
  }
}

/** One subsystem, two controllers, no SR-IOV: a whole controller goes to a guest, the other stays. */
function dualControllerHost(): HostDescription {
  const controller = {
    ioQueues: 32,
    link: { speed: '8.0 GT/s PCIe', width: 2 },
    load: { iops: 25_000, latencyUs: 120 },
  }
  return {
    name: 'rack3-dual-a',
    cpus: 12,
    iommu: true,
    kernelRelease: '6.12.95+deb12-amd64',
    subsystems: [
      {
        nqn: 'nqn.2026-01.example.drives:dp3-77b0e9',
        serial: 'DP377B0E9',
        model: 'Example DP3 dual port 3.84TB',
        firmware: '1.9.0',
        ...EXAMPLE_DRIVE,
        controllers: [
          { ...controller, address: '0000:81:00.0', cntlid: 1, numaNode: 0 },
          { ...controller, address: '0000:82:00.0', cntlid: 2, numaNode: 1 },
        ],
        namespaces: [
          { ...namespace(1, TIB, '77b0e9'), attached: true },
          ...Array.from({ length: 6 }, (_, i) => namespace(i + 2, 400 * GIB, '77b0e9')),
        ],
      },
    ],
  }
}

/** Ids that no drive on sale has. */
const EXAMPLE_DRIVE = { vendor: 0x1ff7, device: 0x7e01 }

type PlainUse = {
  readonly iops: number
  readonly mount?: string
  readonly holder?: string
  readonly group?: string
}

function plainDrive(address: string, serial: string, use: PlainUse): SubsystemDescription {
  const { iops, mount, holder, group } = use
  return {
    nqn: `nqn.2026-01.example.drives:pl1-${serial.toLowerCase()}`,
    serial,
    model: 'Example PL1 1.92TB',
    firmware: '4.0.2',
    ...EXAMPLE_DRIVE,
    controllers: [
      {
        address,
        ioQueues: 8,
        numaNode: 0,
        link: { speed: '8.0 GT/s PCIe', width: 4 },
        load: { iops, latencyUs: 110 },
        ...(group === undefined ? {} : { group }),
      },
    ],
    namespaces: [
      {
        ...namespace(1, 1.75 * TIB, serial.toLowerCase()),
        attached: true,
        shared: false,
        ...(mount === undefined ? {} : { mount }),
        ...(holder === undefined ? {} : { holder }),
      },
    ],
  }
}

function namespace(nsid: number, sizeBytes: number, drive: string): NamespaceDescription {
  const nguid = Buffer.from(drive).toString('hex').padEnd(20, '0').slice(0, 20)
  return {
    nsid,
    sizeBytes,
    blockBytes: 4096,
    attached: false,
    shared: true,
    nguid: `0025385a${nguid}${nsid.toString(16).padStart(4, '0')}`,
  }
}

/** Machines of several kinds of drives, with something done on them before anybody looks. */
import fc from 'fast-check'
import type {
  ControllerDescription,
  HostDescription,
  SriovDescription,
  SubsystemDescription,
  VirtualFunctionDescription,
} from '../../src/emulator/fleet.ts'

const VFS = 4

type Vf = { readonly vq: number; readonly online: boolean; readonly driver: boolean }

const vf = fc.record({
  vq: fc.integer({ min: 0, max: 4 }),
  online: fc.boolean(),
  driver: fc.boolean(),
})

function asFound(
  vfs: readonly Vf[],
  vfCount: number
): readonly VirtualFunctionDescription[] {
  return vfs.flatMap(({ vq, online, driver }, i): readonly VirtualFunctionDescription[] => {
    const vfNumber = i + 1
    if (vq === 0) return []
    if (vfNumber > vfCount) return [{ vfNumber, vq, vi: vq }]
    const isOnline = online && vq >= 2
    const bound = driver
      ? ({ driver: 'vfio-pci', driverOverride: 'vfio-pci' } as const)
      : {}
    const namespaces = i === 0 ? [2] : []
    return [{ vfNumber, vq, vi: vq, online: isOnline, namespaces, ...bound }]
  })
}

const sriov = fc
  .record({
    vfs: fc.array(vf, { minLength: VFS, maxLength: VFS }),
    vfCount: fc.integer({ min: 0, max: VFS }),
    autoprobe: fc.boolean(),
    together: fc.boolean(),
  })
  .map(({ vfs, vfCount, autoprobe, together }): SriovDescription => ({
    totalVfs: VFS,
    vqFlexible: 24,
    viFlexible: 20,
    maxVqPerVf: 6,
    maxViPerVf: 5,
    vqPrivate: 3,
    viPrivate: 5,
    vqPrimary: 0,
    viPrimary: 0,
    vfCount,
    // The kernel would give VFs that are online to nvme.
    autoprobe: autoprobe && vfCount === 0,
    virtualFunctions: asFound(vfs, vfCount),
    ...(together && vfCount > 1 ? { vfGroup: 'vfs' } : {}),
  }))

const primary = fc
  .record({
    device: fc.constantFrom(
      'qemu-7.2' as const,
      'qemu-10' as const,
      'specification' as const
    ),
    sriov,
    numaNode: fc.integer({ min: -1, max: 1 }),
    mount: fc.boolean(),
  })
  .map(({ device, sriov: virtual, numaNode, mount }) =>
    drive(device, 1, {
      controllers: [
        {
          address: '0000:41:00.0',
          device,
          cntlid: 0,
          ioQueues: 4,
          numaNode,
          sriov: virtual,
        },
      ],
      mount,
    })
  )

const plain = fc
  .record({
    driver: fc.constantFrom('nvme' as const, 'vfio-pci' as const, 'none' as const),
    device: fc.constantFrom('plain' as const, 'qemu-7.2' as const),
    serialNumber: fc.boolean(),
    together: fc.boolean(),
  })
  .map(({ driver, device, serialNumber, together }) =>
    drive(device, 2, {
      controllers: [
        {
          address: '0000:42:00.0',
          device,
          cntlid: 0,
          ioQueues: 64,
          driver,
          link: {
            speed: '16.0 GT/s PCIe',
            width: 2,
            maxSpeed: '32.0 GT/s PCIe',
            maxWidth: 4,
          },
          ...(serialNumber ? { deviceSerialNumber: '0025385a00010002' } : {}),
          ...(together ? { group: 'slot' } : {}),
        },
      ],
      mount: false,
    })
  )

const dual = fc.boolean().map((first) =>
  drive('specification', 3, {
    controllers: [
      { address: '0000:43:00.0', device: 'specification', cntlid: 1, ioQueues: 8 },
      {
        address: '0000:44:00.0',
        device: 'specification',
        cntlid: 2,
        ioQueues: 8,
        resetMethods: [],
        link: { speed: 'Unknown', width: 0, maxSpeed: 'Unknown', maxWidth: 255 },
      },
    ],
    mount: first,
    attachedTo: [first ? 1 : 2],
  })
)

/** With VFIO there is an IOMMU. */
export const anyMachine: fc.Arbitrary<HostDescription> = fc
  .record({ primary, plain, dual, multipath: fc.boolean(), cpus: fc.constantFrom(2, 8) })
  .map(({ multipath, cpus, ...drives }) => ({
    name: 'any',
    cpus,
    iommu: true,
    kernelRelease: '6.1.0-56-amd64',
    multipath,
    subsystems: [drives.primary, drives.plain, drives.dual],
    otherFunctions: [
      { address: '0000:00:00.0', classCode: 0x060000, vendor: 0x8086, device: 0x29c0 },
      {
        address: '0000:00:1f.0',
        classCode: 0x060100,
        vendor: 0x8086,
        device: 0x2918,
        group: 'slot',
      },
    ],
  }))

type Parts = {
  readonly controllers: readonly ControllerDescription[]
  readonly mount: boolean
  readonly attachedTo?: readonly number[]
}

function drive(
  device: NonNullable<ControllerDescription['device']>,
  number: number,
  { controllers, mount, attachedTo }: Parts
): SubsystemDescription {
  const qemu = device.startsWith('qemu')
  return {
    nqn: `nqn.2026-01.example.drives:${number}`,
    serial: `SERIAL${number}`,
    model: qemu ? 'QEMU NVMe Ctrl' : `Example ${number}`,
    firmware: device === 'qemu-10' ? '10.0.2' : '7.2.22',
    vendor: qemu ? 0x1b36 : 0x1ff7,
    device: qemu ? 0x0010 : 0x7e01,
    controllers,
    namespaces: [1, 2].map((nsid) => ({
      nsid,
      sizeBytes: 2 ** 30,
      blockBytes: 512,
      attached: nsid === 1,
      ...(nsid === 1 && attachedTo ? { attachedTo } : {}),
      ...(nsid === 1 && mount ? { mount: `/srv/${number}` } : {}),
      shared: true,
      ...(qemu ? {} : { nguid: `${number}${nsid}`.padStart(32, '0') }),
    })),
  }
}

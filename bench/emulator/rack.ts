/** A machine file of many hosts alike: one SR-IOV drive each, four queues for each VF. */
export function rackOf(count: number, vfs: number, enabled: boolean) {
  return {
    hosts: [
      {
        name: 'rack-{n}',
        count,
        cpus: 16,
        iommu: true,
        kernelRelease: '6.12.95+deb12-amd64',
        subsystems: [drive(vfs, enabled)],
      },
    ],
  }
}

function drive(vfs: number, enabled: boolean) {
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
        deviceSerialNumber: '0025385a41c20001',
        numaNode: 1,
        link: { speed: '16.0 GT/s PCIe', width: 4 },
        ioQueues: 16,
        sriov: {
          totalVfs: vfs,
          vqFlexible: 4 * vfs,
          viFlexible: 4 * vfs,
          maxVqPerVf: 16,
          maxViPerVf: 16,
          vqPrivate: 17,
          viPrivate: 17,
          ...(enabled && { vfCount: vfs, autoprobe: false }),
        },
        load: { iops: 180_000, latencyUs: 95 },
      },
    ],
    namespaces: [
      { ...namespace(1, false), attached: true, mount: '/srv/images' },
      namespace(2, true),
    ],
  }
}

function namespace(nsid: number, shared: boolean) {
  return {
    nsid,
    sizeBytes: 200 * 2 ** 30,
    blockBytes: 4096,
    attached: false,
    shared,
    nguid: `0025385a${String(nsid).padStart(24, '0')}`,
  }
}

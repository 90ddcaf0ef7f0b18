/** Hosts that a machine file may describe, drawn by fast-check: several drives of each device, in use in many ways. */
import fc from 'fast-check'
import type {
  ControllerDescription,
  HostDescription,
  NamespaceDescription,
  OtherFunctionDescription,
  SriovDescription,
  SubsystemDescription,
  VirtualFunctionDescription,
} from '../../src/emulator/fleet.ts'
import type { DeviceName } from '../../src/emulator/devices/device-policy.ts'

export function anyHost(): fc.Arbitrary<HostDescription> {
  return fc
    .record({
      name: fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/),
      machineId: maybe(hex(32)),
      cpus: fc.integer({ min: 1, max: 24 }),
      iommu: fc.boolean(),
      kernelRelease: fc.constantFrom('6.1.0-56-amd64', '6.12.95+deb12-amd64'),
      multipath: maybe(fc.boolean()),
      drives: fc.array(anyDrive(), { maxLength: 4 }),
      others: maybe(fc.array(anyOther(), { maxLength: 4 })),
    })
    .map(({ drives, others, ...host }) => {
      const otherFunctions = others?.map((other, i) => ({
        ...other,
        address: `0000:00:${hex2(i)}.0`,
      }))
      const subsystems = drives.map((drive, d) => placed(drive, d, host.iommu))
      return described({ ...host, otherFunctions, subsystems })
    })
}

type Drive = Omit<SubsystemDescription, 'nqn' | 'serial'>

/** Each drive on buses of its own, named after its place. */
function placed(drive: Drive, d: number, iommu: boolean): SubsystemDescription {
  const controllers = drive.controllers.map((one, c) =>
    described({
      ...one,
      address: `0000:${hex2(16 * (d + 1) + c)}:00.0`,
      driver: iommu || one.driver !== 'vfio-pci' ? one.driver : 'none',
    })
  )
  // A private namespace is the first controller's.
  const driven = (controllers[0]?.driver ?? 'nvme') === 'nvme'
  const namespaces = drive.namespaces.map((namespace) => ({
    ...namespace,
    ...(namespace.mount !== undefined && { mount: `/srv/${d}/${namespace.nsid}` }),
  }))
  return {
    ...drive,
    nqn: `nqn.2026-01.example:drive-${d}`,
    serial: `SN${d}`,
    controllers,
    namespaces: driven ? namespaces : namespaces.map(unused),
  }
}

function unused({ mount: _m, holder: _h, swap: _s, ...namespace }: NamespaceDescription) {
  return namespace
}

type Kind = {
  readonly device: DeviceName
  readonly ids: Pick<SubsystemDescription, 'vendor' | 'device' | 'model' | 'firmware'>
}

const QEMU = { vendor: 0x1b36, device: 0x10, model: 'QEMU NVMe Ctrl' }
const EXAMPLE = { vendor: 0x1ff7, device: 0x7e01, firmware: '1.0' }

const KINDS: readonly Kind[] = [
  { device: 'qemu-7.2', ids: { ...QEMU, firmware: '7.2.22' } },
  { device: 'qemu-10', ids: { ...QEMU, firmware: '10.0.2' } },
  { device: 'specification', ids: { ...EXAMPLE, model: 'Example S' } },
  {
    device: 'pm1733',
    ids: {
      ...EXAMPLE,
      vendor: 0x144d,
      device: 0xa824,
      model: 'SAMSUNG MZWLJ1T9HBJR-00007',
    },
  },
  { device: 'plain', ids: { ...EXAMPLE, model: 'Example P' } },
]

function anyDrive(): fc.Arbitrary<Drive> {
  return fc
    .record({
      kind: fc.constantFrom(...KINDS),
      shape: fc.constantFrom('plain', 'plain', 'sriov', 'dual'),
      namespaces: fc.array(anyNamespace(), { maxLength: 4 }),
    })
    .chain(({ kind, shape, namespaces }) => {
      const numbered = namespaces.map((one, i) => ({ ...one, nsid: i + 1 }))
      const device = { device: kind.device }
      const controllers =
        shape === 'sriov' && kind.device !== 'plain'
          ? fc.tuple(anyPrimary(kind.device, numbered))
          : fc.array(anyController(), {
              minLength: shape === 'dual' ? 2 : 1,
              maxLength: shape === 'dual' ? 2 : 1,
            })
      return controllers.map((list) => ({
        ...kind.ids,
        controllers: list.map((one) => ({ ...one, ...device })),
        namespaces: numbered,
      }))
    })
}

function anyController(): fc.Arbitrary<Omit<ControllerDescription, 'device'>> {
  return fc
    .record({
      deviceSerialNumber: maybe(hex(16)),
      numaNode: maybe(fc.integer({ min: -1, max: 3 })),
      group: maybe(fc.constantFrom('shared', 'other')),
      link: maybe(
        fc.record({
          speed: fc.constantFrom('8.0 GT/s PCIe', '16.0 GT/s PCIe'),
          width: fc.constantFrom(2, 4),
          maxSpeed: fc.constant('16.0 GT/s PCIe'),
          maxWidth: fc.constant(4),
        })
      ),
      resetMethods: maybe(
        fc.constantFrom<('flr' | 'bus')[]>(['bus'], ['flr'], ['bus', 'flr'])
      ),
      ioQueues: fc.integer({ min: 1, max: 32 }),
      driver: maybe(fc.constantFrom('nvme' as const, 'nvme', 'vfio-pci', 'none')),
      driverOverride: maybe(fc.constant('vfio-pci')),
    })
    .map((controller) => described({ ...controller, address: '' }))
}

function anyPrimary(device: DeviceName, namespaces: readonly NamespaceDescription[]) {
  return fc
    .tuple(anyController(), fc.integer({ min: 1, max: 6 }))
    .chain(([controller, totalVfs]) =>
      anySriov(device, totalVfs, namespaces).map((sriov) => ({
        ...controller,
        ...(device === 'pm1733' && { cntlid: 65 }),
        driver: 'nvme' as const,
        sriov,
      }))
    )
}

const PER_VF = { vq: 5, vi: 4 }

function anySriov(
  device: DeviceName,
  totalVfs: number,
  namespaces: readonly NamespaceDescription[]
): fc.Arbitrary<SriovDescription> {
  const shared = namespaces.filter((one) => one.shared).map(({ nsid }) => nsid)
  return fc
    .record({
      offset: maybe(fc.integer({ min: 1, max: 3 })),
      stride: maybe(fc.integer({ min: 1, max: 3 })),
      vfDevice: maybe(fc.constant(0xa825)),
      vfCount: fc.constantFrom(0, 1, totalVfs),
      autoprobe: maybe(fc.boolean()),
      vfs: fc.array(anyVf(shared), { maxLength: totalVfs }),
    })
    .map(({ vfs, vfCount, ...sriov }) => {
      const virtualFunctions = vfs.map((vf, i) => described(lived(vf, i + 1, vfCount)))
      return described({
        ...sriov,
        totalVfs,
        vqFlexible: PER_VF.vq * totalVfs,
        viFlexible: PER_VF.vi * totalVfs,
        maxVqPerVf: PER_VF.vq,
        maxViPerVf: PER_VF.vi,
        vqPrivate: 5,
        viPrivate: 5,
        vfCount,
        virtualFunctions,
        ...(device === 'pm1733' && { vqPrimary: 0, viPrimary: 0 }),
      })
    })
}

type Vf = Omit<VirtualFunctionDescription, 'vfNumber' | 'driver'>

function anyVf(namespaces: readonly number[]): fc.Arbitrary<Vf> {
  return fc
    .record({
      vq: fc.integer({ min: 0, max: PER_VF.vq }),
      vi: fc.integer({ min: 0, max: PER_VF.vi }),
      online: fc.boolean(),
      namespaces: maybe(fc.subarray([...namespaces])),
      driverOverride: maybe(fc.constantFrom('nvme', 'vfio-pci')),
    })
    .map(described)
}

/** As far as a VF can be used that is, or is not, enabled. */
function lived({ online, vq = 0, vi = 0, ...vf }: Vf, vfNumber: number, vfCount: number) {
  if (vfNumber > vfCount) return { vfNumber, vq, vi }
  const up = online === true && vq >= 2 && vi >= 1
  return { ...vf, vfNumber, vq, vi, online: up, driver: up ? ('nvme' as const) : undefined }
}

function anyNamespace(): fc.Arbitrary<NamespaceDescription> {
  return fc
    .record({
      blocks: fc.integer({ min: 1, max: 2 ** 20 }),
      blockBytes: fc.constantFrom(512, 4096),
      attached: fc.boolean(),
      shared: fc.boolean(),
      use: fc.constantFrom('none', 'none', 'mount', 'holder', 'swap'),
      nguid: maybe(hex(32)),
      eui64: maybe(hex(16)),
      uuid: maybe(hex(32)),
    })
    .map(({ blocks, use, ...namespace }) =>
      described({
        ...namespace,
        nsid: 0,
        sizeBytes: blocks * namespace.blockBytes,
        ...(namespace.attached && use !== 'none' && { [use]: USES[use] }),
      })
    )
}

const USES = { mount: '/', holder: ['dm-0', 'md127'], swap: true } as const

function anyOther(): fc.Arbitrary<OtherFunctionDescription> {
  return fc
    .record({
      classCode: fc.constantFrom(0x060000, 0x020000, 0x030000),
      vendor: fc.integer({ min: 1, max: 0xfffe }),
      device: fc.integer({ min: 0, max: 0xffff }),
      subsystemVendor: maybe(fc.integer({ min: 0, max: 0xffff })),
      revision: maybe(fc.integer({ min: 0, max: 255 })),
      driver: maybe(fc.constantFrom('e1000e', 'vfio-pci')),
      group: maybe(fc.constantFrom('shared', 'other')),
    })
    .map((other) => described({ ...other, address: '' }))
}

function maybe<T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(one, { nil: undefined })
}

/** Digits that are not all zeroes, which would say "none". */
function hex(length: number): fc.Arbitrary<string> {
  return fc.stringMatching(new RegExp(`^[1-9a-f][0-9a-f]{${length - 1}}$`))
}

function hex2(number: number): string {
  return number.toString(16).padStart(2, '0')
}

type Described<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** Without the fields that are left out: a description has no undefined ones. */
function described<T extends object>(fields: T): Described<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Described<T> // the same fields, less those
}

/**
 * The guest's hardware: four CPUs, an Intel IOMMU, an SR-IOV NVMe controller with eight VFs (0000:01:00.0, namespaces 1
 * attached to every function by itself, 2 to 4 detached) and a plain NVMe controller (0000:02:00.0, one namespace).
 * Source: QEMU docs/system/devices/nvme.rst, "SR-IOV and Virtualization Enhancements".
 */
import path from 'node:path'
import type { GuestImage } from './guest-image.ts'

export const SRIOV_ADDRESS = '0000:01:00.0'
export const PLAIN_ADDRESS = '0000:02:00.0'
export const SRIOV_SERIAL = 'PF0'
export const PLAIN_SERIAL = 'PLAIN0'

/** QEMU's names of the plain controller and of the slot that it is in. */
export const PLAIN_DEVICE = 'plain'
export const PLAIN_PORT = 'rp1'

/** Where `sharesGroup` puts a controller: beside the functions of the ICH9, which are in every q35 machine. */
export const SHARING_ADDRESS = '0000:00:1f.4'
export const SHARING_SERIAL = 'SHARING0'
export const ICH9_ADDRESSES = ['0000:00:1f.0', '0000:00:1f.2', '0000:00:1f.3']

/**
 * With `hasDual`: controllers of one subsystem, and so with one serial number. Namespace 1 is attached to both, 2 to
 * neither, 3 is private and the second one's.
 */
export const DUAL_ADDRESSES = ['0000:03:00.0', '0000:04:00.0'] as const
export const DUAL_SERIAL = 'DUAL0'

/** What the guest listens on, and what is forwarded from loopback. */
export const GUEST_ADDRESS = '10.0.2.15'
export const AGENT_PORT = 8419
export const SERVICE_PORT = 8420

export const NAMESPACE_BYTES = 64 * 1024 * 1024

export type Hardware = {
  /** Commands a second that each namespace makes at most, so that load is steady and queues fill. */
  readonly namespaceIops?: number
  /** A third controller, without namespaces, in one IOMMU group with functions that are no NVMe. */
  readonly sharesGroup?: boolean
  /** A subsystem of two controllers without SR-IOV more: see `DUAL_ADDRESSES`. */
  readonly hasDual?: boolean
  /** It can be reset, and boots again; default: a guest that resets itself ends. */
  readonly boots?: 'once' | 'again'
  /** More for the kernel's command line. */
  readonly kernelArguments?: string
}

export const NAMESPACE_FILES = [1, 2, 3, 4, 5, 6, 7, 8]

/** File of the namespace with that number: 1 to 4 belong to the SR-IOV controller, 5 to the plain one, 6 to 8 to the two. */
export function namespaceFile(folder: string, number: number): string {
  return path.join(folder, `ns${number}.img`)
}

export function qemuArguments(
  image: GuestImage,
  folder: string,
  hardware: Hardware
): readonly string[] {
  return [...machine(image, folder, hardware), ...shares(folder), ...network(), ...nvme()]

  function nvme(): string[] {
    const limit =
      hardware.namespaceIops === undefined
        ? ''
        : `,throttling.iops-total=${hardware.namespaceIops}`
    const namespace = (file: number, nsid: number, rest: string) => [
      '-drive',
      `file=${namespaceFile(folder, file)},if=none,format=raw,id=d${file},cache=unsafe${limit}`,
      ...device(`nvme-ns,drive=d${file},nsid=${nsid},${rest}`),
    ]
    return [
      ...device('pcie-root-port,id=rp0,chassis=1,slot=1'),
      ...device('nvme-subsys,id=sub0,nqn=nqn.2026-01.lab:sub0'),
      ...device(
        `nvme,id=sriov,serial=${SRIOV_SERIAL},bus=rp0,subsys=sub0,max_ioqpairs=34,msix_qsize=33,sriov_max_vfs=8,` +
          'sriov_vq_flexible=32,sriov_vi_flexible=24,sriov_max_vq_per_vf=8,sriov_max_vi_per_vf=6'
      ),
      ...namespace(1, 1, 'bus=sriov,shared=on,detached=off'),
      ...[2, 3, 4].flatMap((n) => namespace(n, n, 'bus=sriov,shared=on,detached=on')),
      ...device(`pcie-root-port,id=${PLAIN_PORT},chassis=2,slot=2`),
      ...device(`nvme,id=${PLAIN_DEVICE},serial=${PLAIN_SERIAL},bus=${PLAIN_PORT}`),
      ...namespace(5, 1, 'bus=plain,shared=off,detached=off'),
      ...(hardware.sharesGroup === true
        ? device(
            `nvme,serial=${SHARING_SERIAL},bus=pcie.0,addr=${SHARING_ADDRESS.slice(-4)}`
          )
        : []),
      ...(hardware.hasDual === true ? dual() : []),
    ]

    function dual(): string[] {
      const controllers = DUAL_ADDRESSES.flatMap((_, at) => [
        ...device(`pcie-root-port,id=rp${at + 2},chassis=${at + 3},slot=${at + 3}`),
        ...device(`nvme,id=dual${at},serial=${DUAL_SERIAL},bus=rp${at + 2},subsys=sub1`),
      ])
      return [
        ...device('nvme-subsys,id=sub1,nqn=nqn.2026-01.lab:sub1'),
        ...controllers,
        ...namespace(6, 1, 'bus=dual0,shared=on,detached=off'),
        ...namespace(7, 2, 'bus=dual0,shared=on,detached=on'),
        ...namespace(8, 3, 'bus=dual1,shared=off,detached=off'),
      ]
    }
  }
}

function machine(image: GuestImage, folder: string, hardware: Hardware): string[] {
  // mitigations=off: an emulated CPU has no secrets, and pays for each switch of page tables.
  // no_timer_check: on a busy machine the emulated CPU can panic with "timer doesn't work through Interrupt-remapped
  // IO-APIC" (Linux arch/x86/kernel/apic/io_apic.c, check_timer) without it.
  const kernelArguments = `console=ttyS0 panic=-1 no_timer_check mitigations=off intel_iommu=on ${hardware.kernelArguments ?? ''}`
  const options: readonly (readonly string[])[] = [
    ['-nodefaults'],
    ['-no-user-config'],
    hardware.boots === 'again' ? [] : ['-no-reboot'],
    ['-display', 'none'],
    ['-machine', 'q35'],
    ['-accel', 'tcg,thread=multi'],
    ['-cpu', 'Nehalem'],
    ['-smp', '4'],
    ['-m', '1024'],
    ['-kernel', image.kernel],
    ['-initrd', image.initramfs],
    ['-append', kernelArguments],
    ['-serial', `file:${path.join(folder, 'console.log')}`],
    ['-qmp', `unix:${qmpSocket(folder)},server=on,wait=off`],
    device('intel-iommu,intremap=on,caching-mode=on'),
  ]
  return options.flat()
}

export function qmpSocket(folder: string): string {
  return path.join(folder, 'qmp')
}

/** The whole file system of this machine, read-only, and the run folder, read-write. */
function shares(folder: string): string[] {
  return [
    '-virtfs',
    'local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap',
    '-virtfs',
    `local,path=${folder},mount_tag=run,security_model=none`,
  ]
}

/** Nothing but two ports of loopback, which the system chooses, leads into the guest; nothing leads out. */
function network(): string[] {
  const forward = (port: number) => `hostfwd=tcp:127.0.0.1:0-${GUEST_ADDRESS}:${port}`
  return [
    '-netdev',
    `user,id=net,restrict=on,${forward(AGENT_PORT)},${forward(SERVICE_PORT)}`,
    ...device('virtio-net-pci,netdev=net,romfile='),
  ]
}

function device(description: string): string[] {
  return ['-device', description]
}

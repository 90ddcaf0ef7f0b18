/** AHCI controllers as Linux has found them: each port an ATA port and a SCSI host, each disk an `sd` device. */
import type { SataDiskDescription } from '../fleet.ts'
import type { EmulatedLinux } from '../linux.ts'
import type { SettledLoad } from './disk-load.ts'

export const AHCI_CLASS = 0x010601
export const AHCI_DRIVER = 'ahci'

export type AhciController = {
  readonly address: string
  /** One vector for all ports, as MSI. */
  readonly irq: number
  /** Up to the last that has a disk: Linux makes dummies of those between. */
  readonly ports: readonly AtaPort[]
}

export type AtaPort = {
  /** `ata1`: counted over all controllers, from 1. Its SCSI host has the number before it. */
  readonly id: number
  /** 0-based, of this controller. */
  readonly portNumber: number
  readonly disk: SataDisk | undefined
}

export type SataDisk = {
  readonly kind: 'sata'
  readonly name: string
  readonly major: number
  readonly minor: number
  readonly sequence: number
  readonly description: SataDiskDescription
  readonly load: SettledLoad
  /** Names under holders/: device mapper, MD. */
  readonly holders: Set<string>
}

/** Those that ahci has. */
export function ahciControllers(linux: EmulatedLinux): readonly AhciController[] {
  return [...linux.ahci.values()].filter(({ address }) => isDriven(linux, address))
}

export function ahciControllerOf(
  linux: EmulatedLinux,
  address: string
): AhciController | undefined {
  return isDriven(linux, address) ? linux.ahci.get(address) : undefined
}

function isDriven(linux: EmulatedLinux, address: string): boolean {
  return linux.functions.get(address)?.driver === AHCI_DRIVER
}

export function sataDisks(linux: EmulatedLinux): readonly SataDisk[] {
  return ahciControllers(linux).flatMap(({ ports }) =>
    ports.flatMap(({ disk }) => disk ?? [])
  )
}

export function sataDiskNamed(linux: EmulatedLinux, name: string): SataDisk | undefined {
  return linux.ahci.size === 0
    ? undefined
    : sataDisks(linux).find((disk) => disk.name === name)
}

/** `0:0:0:0`, of the only device of the port. */
export function scsiAddress({ id }: AtaPort): string {
  return `${id - 1}:0:0:0`
}

/** Of the function's directory. */
export function scsiDevicePath(functionPath: string, port: AtaPort): string {
  const host = port.id - 1
  return `${functionPath}/ata${port.id}/host${host}/target${host}:0:0/${scsiAddress(port)}`
}

/** The disk's directory under /sys/devices. */
export function sataDiskPath(linux: EmulatedLinux, disk: SataDisk): string {
  for (const { address, ports } of ahciControllers(linux)) {
    const port = ports.find((one) => one.disk === disk)
    const fn = linux.functions.get(address)
    if (port && fn) return `${scsiDevicePath(fn.sysfsPath, port)}/block/${disk.name}`
  }
  throw new Error(`${disk.name} is behind no controller`)
}

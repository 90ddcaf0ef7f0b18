/** SATA disks in a machine file: their shape, and what their fields say together. */
import { Type } from 'typebox'
import { AHCI_CLASS, AHCI_DRIVER } from './ahci/ahci-controller.ts'
import type { FleetFault } from './fleet-fault.ts'
import { blockDevice, driveText, mapping, path, positive, someOf } from './fleet-fields.ts'
import { repeated } from './fleet-sound.ts'
import type { Placed } from './fleet-sound.ts'
import type { OtherFunctionDescription } from './fleet.ts'

/** AHCI 1.3.1, "CAP - HBA Capabilities": 32 ports at most. */
const port = Type.Integer({ minimum: 0, maximum: 31 })

const load = mapping({
  iops: Type.Number({ minimum: 0 }),
  latencyUs: Type.Number({ exclusiveMinimum: 0 }),
})

export const sataDisk = mapping({
  port: Type.Optional(port),
  model: driveText(40),
  serial: driveText(20),
  firmware: driveText(8),
  sizeBytes: positive,
  rotational: Type.Optional(Type.Boolean()),
  mount: Type.Optional(someOf(path)),
  holder: Type.Optional(someOf(blockDevice)),
  swap: Type.Optional(Type.Boolean()),
  load: Type.Optional(load),
})

const SECTOR = 512
const PORTS = 32

export function sataFaults({
  item,
  at,
}: Placed<OtherFunctionDescription>): readonly FleetFault[] {
  const { sataDisks, classCode, driver } = item
  if (sataDisks === undefined) return []
  const list = `${at}.sataDisks`
  const disks = sataDisks.map((disk, i) => ({
    item: { ...disk, port: disk.port ?? i },
    at: `${list}[${i}]`,
  }))
  const faults: FleetFault[] = [...repeated(disks, 'port', (disk) => disk.port)]
  if (classCode !== AHCI_CLASS || driver !== AHCI_DRIVER)
    faults.push({ field: list, reason: 'needs classCode 0x010601 and driver ahci' })
  if (sataDisks.length > PORTS)
    faults.push({ field: list, reason: `must be at most ${PORTS}, one for each port` })
  for (const { item: disk, at: place } of disks)
    if (disk.sizeBytes % SECTOR !== 0)
      faults.push({ field: `${place}.sizeBytes`, reason: 'is not whole sectors of 512' })
  return faults
}

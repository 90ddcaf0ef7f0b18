/** The shape of a machine file: the types of fleet.ts as a schema. What a shape cannot say is in fleet-consistency.ts. */
import { Type } from 'typebox'
import type { TSchema } from 'typebox'
import { faultSchema } from './faults/drill-schema.ts'
import { subsystem } from './fleet-drive-schema.ts'
import { sataDisk } from './fleet-sata.ts'
import {
  address,
  bit8,
  driverName,
  hexDigits,
  id16,
  label,
  mapping,
} from './fleet-fields.ts'

/** It becomes the name of a file, too. */
const hostName = Type.String({
  pattern: '^([A-Za-z0-9]|\\{n\\})([A-Za-z0-9.-]|\\{n\\}){0,62}$',
  description: 'a host name of at most 63 letters, digits, dots and hyphens',
})

const otherFunction = mapping({
  address,
  classCode: Type.Integer({
    minimum: 0,
    maximum: 0xffffff,
    description: 'a 24-bit PCI class, as 0x060400',
  }),
  vendor: id16,
  device: id16,
  subsystemVendor: Type.Optional(id16),
  subsystemDevice: Type.Optional(id16),
  revision: Type.Optional(bit8),
  driver: Type.Optional(driverName),
  group: Type.Optional(label),
  behind: Type.Optional(address),
  sataDisks: Type.Optional(Type.Array(sataDisk)),
})

const host = mapping({
  name: hostName,
  count: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  machineId: Type.Optional(hexDigits(32)),
  cpus: Type.Integer({ minimum: 1, maximum: 1024 }),
  iommu: Type.Boolean(),
  kernelRelease: Type.String({
    pattern: '^\\d+\\.\\d+[!-~]*$',
    description: 'a release of Linux, as 6.1.0-56-amd64',
  }),
  kernelParameters: Type.Optional(
    Type.String({
      pattern: '^[!-~]+( [!-~]+)*$',
      maxLength: 1024,
      description: 'words with one blank between them, as pcie_acs_override=downstream',
    })
  ),
  multipath: Type.Optional(Type.Boolean()),
  interruptPosting: Type.Optional(Type.Boolean()),
  subsystems: Type.Array(subsystem),
  otherFunctions: Type.Optional(Type.Array(otherFunction)),
  faults: Type.Optional(Type.Array(faultSchema)),
})

export const fleetSchema = mapping({
  hosts: Type.Array(host, { minItems: 1 }),
}) satisfies TSchema

/** The shape of a drive in a machine file. */
import { Type } from 'typebox'
import {
  address,
  bit8,
  blockDevice,
  cntlid,
  count16,
  driveText,
  driverName,
  hexDigits,
  id16,
  label,
  mapping,
  oneOf,
  path,
  positive,
  someOf,
} from './fleet-fields.ts'
import { load } from './fleet-load.ts'

const nsid = Type.Integer({ minimum: 1, maximum: 256 })
const blockBytes = oneOf([512, 4096])
const granularity = Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 }))

const namespace = mapping({
  nsid,
  sizeBytes: positive,
  blockBytes,
  metadataBytes: Type.Optional(count16),
  attached: Type.Boolean(),
  attachedTo: Type.Optional(Type.Array(cntlid)),
  shared: Type.Boolean(),
  mount: Type.Optional(someOf(path)),
  holder: Type.Optional(someOf(blockDevice)),
  swap: Type.Optional(Type.Boolean()),
  nguid: Type.Optional(hexDigits(32)),
  eui64: Type.Optional(hexDigits(16)),
  uuid: Type.Optional(hexDigits(32)),
})

const virtualFunction = mapping({
  vfNumber: Type.Integer({ minimum: 1, maximum: 65535 }),
  vq: Type.Optional(count16),
  vi: Type.Optional(count16),
  online: Type.Optional(Type.Boolean()),
  namespaces: Type.Optional(Type.Array(nsid)),
  driver: Type.Optional(oneOf(['nvme', 'vfio-pci'])),
  driverOverride: Type.Optional(driverName),
})

const sriov = mapping({
  totalVfs: Type.Integer({ minimum: 1, maximum: 1024 }),
  offset: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
  stride: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
  vfDevice: Type.Optional(id16),
  vqFlexible: count16,
  viFlexible: count16,
  maxVqPerVf: count16,
  maxViPerVf: count16,
  vqPrivate: count16,
  viPrivate: count16,
  vqGranularity: granularity,
  viGranularity: granularity,
  tenantSafe: Type.Optional(Type.Boolean()),
  vfGroup: Type.Optional(label),
  vqPrimary: Type.Optional(count16),
  viPrimary: Type.Optional(count16),
  secondaryCntlids: Type.Optional(Type.Array(cntlid)),
  vfCount: Type.Optional(count16),
  autoprobe: Type.Optional(Type.Boolean()),
  virtualFunctions: Type.Optional(Type.Array(virtualFunction)),
})

const link = mapping({
  speed: label,
  width: Type.Integer({ minimum: 0 }),
  maxSpeed: Type.Optional(label),
  maxWidth: Type.Optional(positive),
})

const controller = mapping({
  address,
  device: Type.Optional(oneOf(['qemu-7.2', 'qemu-10', 'specification', 'pm1733', 'plain'])),
  cntlid: Type.Optional(cntlid),
  rootPort: Type.Optional(
    Type.Union([address, Type.Literal('none')], {
      description: 'a PCI address, as 0000:40:01.1, or none',
    })
  ),
  deviceSerialNumber: Type.Optional(hexDigits(16)),
  numaNode: Type.Optional(Type.Integer({ minimum: -1, maximum: 1023 })),
  group: Type.Optional(label),
  link: Type.Optional(link),
  resetMethods: Type.Optional(Type.Array(oneOf(['flr', 'bus']))),
  ioQueues: Type.Integer({ minimum: 1, maximum: 65535 }),
  sriov: Type.Optional(sriov),
  driver: Type.Optional(oneOf(['nvme', 'vfio-pci', 'none'])),
  driverOverride: Type.Optional(driverName),
  load: Type.Optional(load),
})

export const subsystem = mapping({
  nqn: Type.String({
    pattern: '^nqn\\.[!-~]{1,219}$',
    description: 'an NVMe qualified name of at most 223 characters: nqn.…',
  }),
  serial: driveText(20),
  model: driveText(40),
  firmware: driveText(8),
  vendor: id16,
  device: id16,
  subsystemVendor: Type.Optional(id16),
  subsystemDevice: Type.Optional(id16),
  revision: Type.Optional(bit8),
  multiController: Type.Optional(Type.Boolean()),
  lbaFormats: Type.Optional(
    Type.Array(mapping({ blockBytes, metadataBytes: count16 }), {
      minItems: 1,
      maxItems: 64,
    })
  ),
  capacityBytes: Type.Optional(positive),
  controllers: Type.Array(controller, { minItems: 1 }),
  namespaces: Type.Array(namespace),
})

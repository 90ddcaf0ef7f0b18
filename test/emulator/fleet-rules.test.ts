import { stringify } from 'yaml'
import { expect, test } from 'vitest'
import { FleetFileError, parseFleet } from '../../src/emulator/fleet-file.ts'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'

type Json = Record<string, unknown>

/** The lab's host with fields set by their names. */
function hostWith(fields: Json): unknown {
  const host = JSON.parse(JSON.stringify(labLikeHost())) as Json // as read from a file
  for (const [name, value] of Object.entries(fields)) {
    const parts = name.split('.')
    const last = parts.pop() ?? ''
    const parent = parts.reduce((at, part) => at[part] as Json, host)
    parent[last] = value
  }
  return host
}

function faultsOf(fields: Json): readonly (readonly [string, string])[] {
  try {
    parseFleet(stringify({ hosts: [hostWith(fields)] }), 'fleet.yaml')
  } catch (error) {
    if (!(error instanceof FleetFileError)) throw error
    return error.faults.map(({ field, reason }) => [
      field.replace(/^hosts\[0\]\./, ''),
      reason,
    ])
  }
  return []
}

const PF = 'subsystems.0.controllers.0'
const PF_FIELD = 'subsystems[0].controllers[0]'
const VFS = `${PF}.sriov.virtualFunctions`
const VF_FIELD = `${PF_FIELD}.sriov.virtualFunctions[0]`
const OTHERS = 'otherFunctions'
const bridge = { classCode: 0x060400, vendor: 1, device: 2 }
const vf = (fields: object) => ({
  [`${PF}.sriov.vfCount`]: 2,
  [VFS]: [{ vfNumber: 1, ...fields }],
})

const REFUSED: readonly (readonly [string, Json, string, RegExp])[] = [
  [
    'a VF at the address of something else',
    {
      'subsystems.1.controllers.0.address': '0000:01:00.3',
      'subsystems.1.controllers.0.rootPort': '0000:00:04.0',
    },
    `${PF_FIELD}.sriov.totalVfs`,
    /^puts VF 3 at 0000:01:00.3, where hosts\[0\]\.subsystems\[1\]\.controllers\[0\]\.address is$/,
  ],
  [
    'a VF beyond the last bus',
    { [`${PF}.sriov.stride`]: 65535 },
    `${PF_FIELD}.sriov.totalVfs`,
    /^puts VF 2 beyond/,
  ],
  [
    'a port on the bus behind it',
    { [`${PF}.rootPort`]: '0000:01:01.0' },
    `${PF_FIELD}.rootPort`,
    /is on the bus/,
  ],
  [
    'one port for two buses',
    { [`${PF}.rootPort`]: '0000:00:05.0' },
    `${PF_FIELD}.rootPort`,
    /^disagrees with hosts\[0\]\.subsystems\[1\]\.controllers\[0\]\.rootPort/,
  ],
  [
    'a drive for a port',
    { [`${PF}.rootPort`]: '0000:02:00.0', 'subsystems.1.controllers.0.rootPort': 'none' },
    `${PF_FIELD}.rootPort`,
    /NVMe/,
  ],
  [
    'a port that is no bridge',
    { [`${PF}.rootPort`]: '0000:00:02.0' },
    `${PF_FIELD}.rootPort`,
    /^is no bridge$/,
  ],
  [
    'behind nothing',
    { [OTHERS]: [{ ...bridge, address: '0000:05:00.0', behind: '0000:04:00.0' }] },
    `${OTHERS}[0].behind`,
    /names no bridge/,
  ],
  [
    'behind what is no bridge',
    {
      [OTHERS]: [
        { ...bridge, address: '0000:05:00.0', behind: '0000:00:02.0' },
        { ...bridge, classCode: 0x020000, address: '0000:00:02.0' },
      ],
    },
    `${OTHERS}[0].behind`,
    /^is no bridge$/,
  ],
  [
    'bridges in a circle',
    {
      [OTHERS]: [
        { ...bridge, address: '0000:05:00.0', behind: '0000:06:00.0' },
        { ...bridge, address: '0000:06:00.0', behind: '0000:05:00.0' },
      ],
    },
    `${OTHERS}[1].behind`,
    /leads back/,
  ],
  [
    'a mount point of two drives',
    {
      'subsystems.0.namespaces.0.mount': '/srv',
      'subsystems.1.namespaces.0.mount': ['/data', '/srv'],
    },
    'subsystems[1].namespaces[0].mount',
    /is that of hosts\[0\]\.subsystems\[0\]\.namespaces\[0\]\.mount$/,
  ],
  [
    'a mount without a disk',
    { 'subsystems.0.namespaces.1.mount': '/srv' },
    'subsystems[0].namespaces[1].mount',
    /needs a disk/,
  ],
  [
    'a mount of what nvme does not drive',
    { 'subsystems.1.controllers.0.driver': 'none', 'subsystems.1.namespaces.0.swap': true },
    'subsystems[1].namespaces[0].swap',
    /needs a disk/,
  ],
  [
    'vfio-pci without an IOMMU',
    { iommu: false, 'subsystems.1.controllers.0.driver': 'vfio-pci' },
    'subsystems[1].controllers[0].driver',
    /IOMMU/,
  ],
  [
    'a format that the drive lacks',
    {
      'subsystems.0.namespaces.0.metadataBytes': 4,
      'subsystems.0.namespaces.0.sizeBytes': 516,
    },
    'subsystems[0].namespaces[0].blockBytes',
    /no LBA format/,
  ],
  [
    'a format that its own list lacks',
    { 'subsystems.0.lbaFormats': [{ blockBytes: 4096, metadataBytes: 0 }] },
    'subsystems[0].namespaces[0].blockBytes',
    /no LBA format/,
  ],
  [
    'more VFs than there are',
    { [`${PF}.sriov.vfCount`]: 9 },
    `${PF_FIELD}.sriov.vfCount`,
    /^must be at most 8$/,
  ],
  [
    'ids for some VFs',
    { [`${PF}.sriov.secondaryCntlids`]: [1, 2] },
    `${PF_FIELD}.sriov.secondaryCntlids`,
    /^must be 8/,
  ],
  [
    'more VFs than QEMU has',
    { [`${PF}.sriov.totalVfs`]: 128 },
    `${PF_FIELD}.sriov.totalVfs`,
    /^must be at most 127$/,
  ],
  [
    'a primary with all and more',
    { [`${PF}.sriov.vqPrimary`]: 33 },
    `${PF_FIELD}.sriov.vqPrimary`,
    /^must be at most 32$/,
  ],
  [
    'a VF number beyond the last',
    vf({ vfNumber: 9 }),
    `${VF_FIELD}.vfNumber`,
    /^must be at most 8$/,
  ],
  [
    'a VF that is there twice',
    { [VFS]: [{ vfNumber: 1 }, { vfNumber: 1 }] },
    `${PF_FIELD}.sriov.virtualFunctions[1].vfNumber`,
    /^is that of /,
  ],
  [
    'more queues than a VF may have',
    vf({ vq: 9 }),
    `${VF_FIELD}.vq`,
    /^must be at most 8$/,
  ],
  [
    'more vectors than a VF may have',
    vf({ vi: 7 }),
    `${VF_FIELD}.vi`,
    /^must be at most 6$/,
  ],
  [
    'more queues than there are',
    { [VFS]: [1, 2, 3, 4, 5].map((vfNumber) => ({ vfNumber, vq: 8 })) },
    `${PF_FIELD}.sriov.virtualFunctions`,
    /^have more VQ than there are$/,
  ],
  [
    'online without vectors',
    vf({ vq: 2, online: true }),
    `${VF_FIELD}.online`,
    /needs two VQ and one VI/,
  ],
  [
    'online without its VF',
    vf({ vfNumber: 3, vq: 2, vi: 1, online: true }),
    `${VF_FIELD}.online`,
    /vfCount is 2/,
  ],
  [
    'a driver without its VF',
    vf({ vfNumber: 3, driver: 'vfio-pci' }),
    `${VF_FIELD}.driver`,
    /vfCount is 2/,
  ],
  ['nvme on a VF that is offline', vf({ driver: 'nvme' }), `${VF_FIELD}.driver`, /offline/],
  [
    'a namespace that there is not',
    vf({ namespaces: [9] }),
    `${VF_FIELD}.namespaces[0]`,
    /no namespace/,
  ],
  [
    'a private namespace of two',
    { ...vf({ namespaces: [1] }), 'subsystems.0.namespaces.0.shared': false },
    'subsystems[0].namespaces[0].shared',
    /more than one/,
  ],
]

test.for(REFUSED)('%s is refused', ([, fields, field, reason]) => {
  expect(faultsOf(fields)).toContainEqual([field, expect.stringMatching(reason)])
})

test('contradictions are told beside malformed neighbours', () => {
  const faults = faultsOf({
    cpus: 0,
    'subsystems.1.model': 7,
    'subsystems.0.namespaces.0.sizeBytes': 5,
    [`${PF}.sriov.vfCount`]: 9,
  })

  expect(faults.map(([field]) => field)).toEqual([
    'cpus',
    `${PF_FIELD}.sriov.vfCount`,
    'subsystems[0].namespaces[0].sizeBytes',
    'subsystems[1].model',
  ])
})

test('drives find ports beside what else is on the bus, until the bus is full', () => {
  const [, plain] = labLikeHost().subsystems
  const drives = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      ...plain,
      nqn: `nqn.2026-01.example:${i}`,
      controllers: [
        { address: `0000:${(i + 1).toString(16).padStart(2, '0')}:00.0`, ioQueues: 1 },
      ],
    }))

  expect(faultsOf({ subsystems: drives(230) })).toEqual([])
  expect(faultsOf({ subsystems: drives(240) })).toEqual([
    ['subsystems', 'has no free slot for a root port on the root bus of domain 0000'],
  ])
})

/** What the fields of a drive say together: ids that nobody else has, whole blocks, SR-IOV numbers that a device could start with. */
import { buildDrive } from './devices/build-drive.ts'
import { policyOf } from './devices/devices.ts'
import { deviceFaults } from './fleet-devices.ts'
import type { FleetFault } from './fleet-fault.ts'
import { foundFaults } from './fleet-found.ts'
import { loadFaults } from './fleet-load.ts'
import { repeated } from './fleet-sound.ts'
import type { Placed, Sound } from './fleet-sound.ts'
import type {
  ControllerDescription,
  NamespaceDescription,
  SriovDescription,
  SubsystemDescription,
} from './fleet.ts'

/** @param iommu of its host */
export function driveFaults(
  sound: Sound,
  { item, at }: Placed<SubsystemDescription>,
  iommu: boolean
): readonly FleetFault[] {
  const controllers = sound.items(item.controllers, `${at}.controllers`)
  const namespaces = sound.items(item.namespaces, `${at}.namespaces`)
  const whole = <T>(placed: readonly Placed<T>[]) =>
    placed.filter((one) => sound.whole(one.at))
  return [
    ...repeated(
      namespaces.filter((one) => sound.itself(`${one.at}.nsid`)),
      'nsid',
      ({ nsid }) => nsid
    ),
    ...whole(controllers).flatMap(sriovFaults),
    ...whole(controllers).flatMap(loadFaults),
    ...whole(namespaces).flatMap(sizeFaults),
    ...(sound.whole(at) ? wholeDriveFaults(item, at, iommu) : []),
  ]
}

function wholeDriveFaults(
  subsystem: SubsystemDescription,
  at: string,
  iommu: boolean
): readonly FleetFault[] {
  return [
    ...cntlidFaults(subsystem, at),
    ...deviceFaults(subsystem, at),
    ...formatFaults(subsystem, at),
    ...foundFaults(subsystem, at, iommu),
  ]
}

function sizeFaults({ item, at }: Placed<NamespaceDescription>): readonly FleetFault[] {
  const { sizeBytes, blockBytes, metadataBytes = 0 } = item
  const whole = sizeBytes % (blockBytes + metadataBytes) === 0
  return whole ? [] : [{ field: `${at}.sizeBytes`, reason: 'is not whole blocks' }]
}

function formatFaults(
  { controllers, namespaces, lbaFormats }: SubsystemDescription,
  at: string
): readonly FleetFault[] {
  const formats = lbaFormats ?? policyOf(controllers[0]?.device).erasing.lbaFormats
  return namespaces.flatMap(({ blockBytes, metadataBytes = 0 }, n) => {
    const offered = formats.some(
      (one) => one.blockBytes === blockBytes && one.metadataBytes === metadataBytes
    )
    const field = `${at}.namespaces[${n}].blockBytes`
    const reason = `is, with ${metadataBytes} of metadata, no LBA format of this drive`
    return offered ? [] : [{ field, reason }]
  })
}

/** Given ids, and those that the others and the VFs get. */
function cntlidFaults(subsystem: SubsystemDescription, at: string): readonly FleetFault[] {
  const seen = new Set<number>()
  return buildDrive(subsystem).controllers.flatMap(({ controller }, c) => {
    const secondaries = controller.kind === 'primary' ? controller.secondaries : []
    const ids = [controller, ...secondaries].map(({ cntlid }) => cntlid)
    const clashes = new Set(ids).size < ids.length || ids.some((id) => seen.has(id))
    ids.forEach((id) => seen.add(id))
    const field = `${at}.controllers[${c}].cntlid`
    return clashes ? [{ field, reason: 'is taken, by another controller or a VF' }] : []
  })
}

/** A name of a number, the number, and the least and the most that it may be. */
type Rule = readonly [name: string, value: number, least: number, most: number]

function sriovFaults({
  item: { sriov, device },
  at,
}: Placed<ControllerDescription>): readonly FleetFault[] {
  if (!sriov) return []
  const qemu = policyOf(device).name.startsWith('qemu')
  const rules = [...rulesOfDrives(sriov), ...(qemu ? rulesOfQemu(sriov) : [])]
  const ids = sriov.secondaryCntlids
  return [
    ...rules.flatMap(([name, value, least, most]) => {
      const field = `${at}.sriov.${name}`
      if (value < least) return [{ field, reason: `must be at least ${least}` }]
      return value > most ? [{ field, reason: `must be at most ${most}` }] : []
    }),
    ...(ids && ids.length !== sriov.totalVfs
      ? [
          {
            field: `${at}.sriov.secondaryCntlids`,
            reason: `must be ${sriov.totalVfs}, one for each VF`,
          },
        ]
      : []),
  ]
}

const ANY = Infinity

/** The primary keeps an admin queue, an I/O queue and a vector. */
function rulesOfDrives(sriov: SriovDescription): readonly Rule[] {
  const { vqPrimary = 0, viPrimary = 0, vfCount = 0 } = sriov
  return [
    ['vqPrimary', vqPrimary, 0, sriov.vqFlexible],
    ['viPrimary', viPrimary, 0, sriov.viFlexible],
    ['vqPrivate', sriov.vqPrivate, Math.max(0, 2 - vqPrimary), ANY],
    ['viPrivate', sriov.viPrivate, Math.max(0, 1 - viPrimary), ANY],
    ['vfCount', vfCount, 0, sriov.totalVfs],
  ]
}

/** Source: QEMU hw/nvme/ctrl.c, nvme_check_constraints. */
function rulesOfQemu(sriov: SriovDescription): readonly Rule[] {
  return [
    ['totalVfs', sriov.totalVfs, 1, 127],
    ['vqFlexible', sriov.vqFlexible, 2 * sriov.totalVfs, ANY],
    ['viFlexible', sriov.viFlexible, sriov.totalVfs, ANY],
    ['maxVqPerVf', sriov.maxVqPerVf, 2, ANY],
    ['maxViPerVf', sriov.maxViPerVf, 1, ANY],
    ['vqPrivate', sriov.vqPrivate, 2, ANY],
    ['viPrivate', sriov.viPrivate, 1, ANY],
  ]
}

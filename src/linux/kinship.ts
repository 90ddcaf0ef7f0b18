/**
 * Which lane a function belongs to: a VF to its PF's, since their locks wait for each other; everything else to its own.
 *
 * While the kernel removes a VF it takes `virtfnN` and `physfn` away first and then waits for the driver, for minutes
 * where VFIO has a user (Linux drivers/pci/iov.c, pci_iov_remove_virtfn). A function in that state would look like a
 * plain controller, and a read of it outside its PF's lane would hang. So it is told by what only a VF has, and its PF by
 * memory, or by its neighbours behind the same bridge.
 */
import type { Kernel } from '../kernel/kernel.ts'
import { parsePciAddress, routingId, type PciAddress } from '../nvme/pci-address.ts'
import { ifPresent } from './small-files.ts'
import { attributePath, functionPath, lastPart, PCI_DEVICES } from './sysfs-paths.ts'

export type Kinship =
  | { readonly kin: 'independent' }
  /** `vfNumber` is 1-based. */
  | { readonly kin: 'vf'; readonly pf: PciAddress; readonly vfNumber: number }
  /** A VF that is being removed. null: it was never seen whole. */
  | {
      readonly kin: 'leaving'
      readonly pf: PciAddress | null
      readonly vfNumber: number | null
    }

export interface Kinships {
  of: (fn: PciAddress) => Promise<Kinship>
  /** Virtual functions of a PF that exist now, by 0-based index. */
  vfsOf: (pf: PciAddress) => Promise<ReadonlyMap<number, PciAddress>>
}

/** Remembers VFs that it has seen whole. */
export function createKinships(kernel: Kernel): Kinships {
  const seen = new Map<PciAddress, { readonly pf: PciAddress; readonly vfNumber: number }>()

  async function vfsOf(pf: PciAddress): Promise<ReadonlyMap<number, PciAddress>> {
    const vfs = await readVfLinks(kernel, pf)
    for (const [index, vf] of vfs) seen.set(vf, { pf, vfNumber: index + 1 })
    return vfs
  }

  async function vfNumberOf(fn: PciAddress, pf: PciAddress): Promise<number | undefined> {
    const known = seen.get(fn)
    if (known?.pf === pf) {
      const link = await vfLink(kernel, pf, known.vfNumber - 1)
      if (link === fn) return known.vfNumber
    }
    for (const [index, vf] of await vfsOf(pf)) if (vf === fn) return index + 1
    return undefined
  }

  function formerNumber(fn: PciAddress, pf: PciAddress): number | null {
    const known = seen.get(fn)
    return known?.pf === pf ? known.vfNumber : null
  }

  async function leaving(fn: PciAddress): Promise<Kinship | undefined> {
    const known = seen.get(fn)
    if (!(await looksLikeVf(kernel, fn, known !== undefined))) return undefined
    const pf = known?.pf ?? (await primaryBehindSameBridge(kernel, fn))
    return { kin: 'leaving', pf: pf ?? null, vfNumber: known?.vfNumber ?? null }
  }

  async function of(fn: PciAddress): Promise<Kinship> {
    const pf = await physfn(kernel, fn)
    if (pf === undefined) return (await leaving(fn)) ?? { kin: 'independent' }
    const vfNumber = await vfNumberOf(fn, pf)
    // `physfn` goes after `virtfnN`: with one and not the other it is being removed.
    if (vfNumber === undefined)
      return { kin: 'leaving', pf, vfNumber: formerNumber(fn, pf) }
    return { kin: 'vf', pf, vfNumber }
  }

  return { of, vfsOf }
}

/** Key of the function's lane; null for a VF whose primary cannot be told: nothing must be asked of it. */
export function laneKeyOf(fn: PciAddress, kinship: Kinship): PciAddress | null {
  switch (kinship.kin) {
    case 'independent':
      return fn
    case 'vf':
    case 'leaving':
      return kinship.pf
  }
}

async function physfn(kernel: Kernel, fn: PciAddress): Promise<PciAddress | undefined> {
  const path = attributePath(fn, 'physfn')
  // To most it is no VF: an error costs several times as much as being told so.
  if (!(await kernel.call({ call: 'exists', path }))) return undefined
  const link = await ifPresent(kernel.call({ call: 'readLink', path }))
  return link === null ? undefined : parsePciAddress(lastPart(link))
}

async function vfLink(
  kernel: Kernel,
  pf: PciAddress,
  index: number
): Promise<PciAddress | undefined> {
  const path = attributePath(pf, `virtfn${index}`)
  const link = await ifPresent(kernel.call({ call: 'readLink', path }))
  return link === null ? undefined : parsePciAddress(lastPart(link))
}

async function readVfLinks(
  kernel: Kernel,
  pf: PciAddress
): Promise<ReadonlyMap<number, PciAddress>> {
  const names = await ifPresent(kernel.call({ call: 'readDir', path: functionPath(pf) }))
  const indices = (names ?? []).flatMap((name) => {
    const index = /^virtfn(\d+)$/.exec(name)?.[1]
    return index === undefined ? [] : [Number(index)]
  })
  const vfs = new Map<number, PciAddress>()
  for (const index of indices.sort((a, b) => a - b)) {
    const vf = await vfLink(kernel, pf, index)
    if (vf !== undefined) vfs.set(index, vf)
  }
  return vfs
}

/** Only VFs have `sriov_vf_msix_count`, from Linux 5.14 on; only VFs lack `remove` (drivers/pci/pci-sysfs.c). */
async function looksLikeVf(kernel: Kernel, fn: PciAddress, known: boolean) {
  const has = (attribute: string) =>
    kernel.call({ call: 'exists', path: attributePath(fn, attribute) })
  if (await has('sriov_vf_msix_count')) return true
  return known && !(await has('remove')) && (await has('class'))
}

/** The nearest function before it, behind the same bridge, that can do SR-IOV. */
async function primaryBehindSameBridge(
  kernel: Kernel,
  fn: PciAddress
): Promise<PciAddress | undefined> {
  const bridge = await parentOf(kernel, fn)
  const names = await kernel.call({ call: 'readDir', path: PCI_DEVICES })
  const before = names
    .flatMap((name) => parsePciAddress(name) ?? [])
    .filter((other) => routingId(other) < routingId(fn))
    .sort((a, b) => routingId(b) - routingId(a))
  for (const other of before) {
    if ((await parentOf(kernel, other)) !== bridge) continue
    const path = attributePath(other, 'sriov_totalvfs')
    if (await kernel.call({ call: 'exists', path })) return other
  }
  return undefined
}

async function parentOf(kernel: Kernel, fn: PciAddress): Promise<string | null> {
  const link = await ifPresent(kernel.call({ call: 'readLink', path: functionPath(fn) }))
  return link === null ? null : link.slice(0, link.lastIndexOf('/'))
}

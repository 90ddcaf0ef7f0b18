/** A namespace, to whom it is attached, and what the host does with it. */
import type { NamespaceObservation } from '../host/observation.ts'
import type { CapturedNamespace } from './captured-host.ts'
import { present } from './captured-host.ts'

/**
 * @param controllers cntlids of the drive's controllers, VFs not among them
 * @param toAllThatCome what is attached to all of them is attached to VFs too, as these come: QEMU's `detached=off`
 */
export function capturedNamespace(
  observed: NamespaceObservation,
  controllers: readonly number[],
  toAllThatCome: boolean
): CapturedNamespace {
  const { nsid, blockBytes, metadataBytes, shared, uses } = observed
  const attachedTo = controllers.filter((id) => observed.attachedTo.includes(id))
  const toAll = toAllThatCome && shared && attachedTo.length === controllers.length
  const by = (use: 'mount' | 'holder') =>
    someOf([...new Set(uses.filter((one) => one.use === use).map((one) => one.by))])
  return present({
    nsid,
    sizeBytes: (Number(observed.sizeBytes) / blockBytes) * (blockBytes + metadataBytes),
    blockBytes,
    metadataBytes,
    attached: attachedTo.length > 0,
    attachedTo: toAll ? undefined : someOf(attachedTo),
    shared,
    mount: by('mount'),
    holder: by('holder'),
    swap: uses.some(({ use }) => use === 'swap') ? true : undefined,
    nguid: observed.nguid ?? undefined,
    eui64: observed.eui64 ?? undefined,
    uuid: observed.uuid ?? undefined,
  }) as CapturedNamespace // without what is undefined
}

function someOf<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined
}

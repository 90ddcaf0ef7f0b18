/** A namespace that nobody has yet. */
import { NamespaceContent } from './content.ts'
import type { NvmeNamespace } from './subsystem.ts'

export type NamespaceFacts = Pick<
  NvmeNamespace,
  | 'nsid'
  | 'sizeBytes'
  | 'blockBytes'
  | 'metadataBytes'
  | 'shared'
  | 'startsAttachedTo'
  | 'nguid'
  | 'eui64'
  | 'uuid'
>

export function newNamespace(facts: NamespaceFacts): NvmeNamespace {
  return {
    ...facts,
    protection: { interleaved: false, type: 0 },
    attachedTo: new Set(),
    references: 0,
    served: { reads: 0, writes: 0 },
    content: new NamespaceContent(),
  }
}

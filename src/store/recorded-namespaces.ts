/** What is recorded of namespaces before a controller is handed over, to be compared with and put back. */
import type { AllocatedNamespace } from '../nvme/namespace-layout.ts'

/** What a controller was handed over with, and what else its drive had then. */
export type ReachedNamespaces = {
  readonly namespaces: readonly {
    readonly nsid: number
    readonly nguid: string | null
    readonly eui64: string | null
  }[]
  /** nsids; null: it does not tell. */
  readonly allocated: readonly number[] | null
}

/** What was attached to what, to be put back. */
export type RecordedAttachments = {
  /** nsids that the consumer gets, and no others. */
  readonly given: readonly number[]
  /** cntlids whose attachments are changed: the assigned controller's, then those of the host. */
  readonly controllers: readonly number[]
  readonly found: readonly {
    readonly nsid: number
    readonly shared: boolean
    /** Of `controllers`. */
    readonly cntlids: readonly number[]
  }[]
  /** Everything was put back. */
  readonly returned?: boolean
}

export type RecreatingNamespaces = {
  readonly namespaces: readonly Omit<AllocatedNamespace, 'cntlids'>[]
  /** nsids of the other namespaces that the drive had before. */
  readonly before: readonly number[]
}

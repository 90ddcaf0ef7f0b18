/**
 * How far overwrites have got, so that one is taken up where it was interrupted, and can be shown. Kept by this process:
 * after a restart of the service an overwrite begins again at the first block. This is where progress that outlives the
 * service is to be plugged in.
 */
export interface ErasedSoFar {
  /** Bytes from the start of the namespace. */
  readonly bytes: (operationId: string, nsid: number) => number
  /** @param bytes all of them: nothing has to be remembered any more */
  readonly note: (operationId: string, nsid: number, bytes: number | 'all') => void
}

export function erasedSoFar(): ErasedSoFar {
  const done = new Map<string, number>()
  const key = (operationId: string, nsid: number) => `${operationId} ${nsid}`
  return {
    bytes: (operationId, nsid) => done.get(key(operationId, nsid)) ?? 0,
    note: (operationId, nsid, bytes) => {
      if (bytes === 'all') done.delete(key(operationId, nsid))
      else done.set(key(operationId, nsid), bytes)
    },
  }
}

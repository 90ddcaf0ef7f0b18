/** Locks of operations, held from the first step to the end. */
export function functionLocks(p: {
  readonly hostId: string
  readonly functionId: string
  readonly group: number | null
}): readonly string[] {
  const group = p.group === null ? [] : [groupLock(p.hostId, p.group)]
  return [`function:${p.functionId}`, ...group]
}

export function groupLock(hostId: string, group: number): string {
  return `group:${hostId}:${group}`
}

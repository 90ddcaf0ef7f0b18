/** @throws the first failure, in the order of the list, once all have ended */
export async function allEnded(all: readonly Promise<unknown>[]): Promise<void> {
  const ends = await Promise.allSettled(all)
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

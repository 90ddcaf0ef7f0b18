/** A small file of ours, replaced as a whole: who reads it finds the former or the new one, also after a power failure. */
import { rename, writeFile } from 'node:fs/promises'

/** Durable when resolved. Not to be called twice at once for one file. */
export async function replaceFile(file: string, content: unknown): Promise<void> {
  const half = `${file}.new`
  await writeFile(half, JSON.stringify(content), { mode: 0o600, flush: true })
  await rename(half, file)
}

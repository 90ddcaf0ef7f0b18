/** Files of the guest's kernel, read and written without nvirt. */
import { readFile, readdir, readlink, open } from 'node:fs/promises'
import type { Glance, Seen } from './protocol.ts'

export function look(at: readonly Glance[]): Promise<readonly Seen[]> {
  return Promise.all(at.map(see))
}

async function see(glance: Glance): Promise<Seen> {
  try {
    if ('text' in glance) return { text: await readFile(glance.text, 'utf8') }
    if ('link' in glance) return { link: await readlink(glance.link) }
    return { directory: (await readdir(glance.directory)).toSorted() }
  } catch (error) {
    return { errno: errnoOf(error) }
  }
}

export async function write(path: string, text: string): Promise<{ errno: string | null }> {
  try {
    const file = await open(path, 'r+')
    try {
      await file.write(text)
    } finally {
      await file.close()
    }
    return { errno: null }
  } catch (error) {
    return { errno: errnoOf(error) }
  }
}

function errnoOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code)
  throw error
}

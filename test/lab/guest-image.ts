/** The kernel and initramfs that guests boot from: built once, kept in the git-ignored folder `.lab`. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

export const PROJECT = path.resolve(import.meta.dirname, '../..')

export type GuestImage = { readonly kernel: string; readonly initramfs: string }

const SOURCES = ['image/build.sh', 'image/init.sh'].map((name) =>
  path.join(import.meta.dirname, name)
)

/** Debian's kernel cannot be downloaded. The message is for the terminal. */
export class NoKernelError extends Error {}

/**
 * Builds the image unless the same scripts have built it before. Safe to repeat, and to run twice at once.
 *
 * @throws NoKernelError
 */
export async function guestImage(): Promise<GuestImage> {
  const cache = path.join(PROJECT, '.lab')
  const folder = path.join(cache, `image-${digestOf(SOURCES)}`)
  if (!existsSync(folder)) await build(cache, folder)
  return {
    kernel: path.join(folder, 'vmlinux'),
    initramfs: path.join(folder, 'initramfs.cpio'),
  }
}

async function build(cache: string, folder: string): Promise<void> {
  await mkdir(cache, { recursive: true })
  const draft = await mkdtemp(path.join(cache, 'draft-'))
  try {
    const script = path.join(import.meta.dirname, 'image/build.sh')
    await promisify(execFile)('bash', [script, draft], { timeout: 180_000 }).catch(explain)
    await rename(draft, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error // another run was first
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** What the script ends with when it cannot get the kernel's package (EX_UNAVAILABLE of sysexits.h). */
const UNAVAILABLE = 69

function explain(cause: unknown): never {
  if (!(cause instanceof Error && 'code' in cause && cause.code === UNAVAILABLE))
    throw cause
  const said = 'stderr' in cause ? String(cause.stderr).trim() : ''
  throw new NoKernelError(said.split('\n').at(-1), { cause })
}

function digestOf(files: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 12)
}

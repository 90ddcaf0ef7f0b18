/** A store in a folder of its own, closed and removed when the test ends. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openStore } from '../../src/store/open-store.ts'
import type { Store } from '../../src/store/store.ts'

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nvirt-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export async function temporaryStore(folder = temporaryFolder()): Promise<Store> {
  const store = await openStore({ file: join(folder, 'nvirt.db') })
  onTestFinished(() => store.close())
  return store
}

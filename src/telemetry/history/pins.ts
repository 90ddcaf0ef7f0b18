/** Functions whose queues are kept although nobody looks: a small file, replaced as a whole. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { replaceFile } from '../replace-file.ts'

export const MOST_PINS = 64
const VERSION = 1

export class Pins {
  readonly #file: string
  #ids: readonly string[]
  #saving: Promise<void> = Promise.resolve()

  private constructor(file: string, ids: readonly string[]) {
    this.#file = file
    this.#ids = ids
  }

  /** @throws Error when there is a file that cannot be read, or that another version wrote */
  static async open(folder: string): Promise<Pins> {
    const file = path.join(folder, 'pins.json')
    return new Pins(file, await idsIn(file))
  }

  get ids(): readonly string[] {
    return this.#ids
  }

  /** Durable when resolved. */
  async set(ids: readonly string[]): Promise<void> {
    this.#ids = ids
    const saving = this.#saving.then(() =>
      replaceFile(this.#file, { version: VERSION, ids })
    )
    this.#saving = saving.catch(() => {}) // its caller is told
    await saving
  }
}

async function idsIn(file: string): Promise<readonly string[]> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
  const kept = JSON.parse(text) as { readonly version: unknown; readonly ids: unknown } // checked below
  if (kept.version !== VERSION || !Array.isArray(kept.ids)) {
    throw new Error(`${file} is not of version ${VERSION}`)
  }
  return kept.ids.filter((id) => typeof id === 'string')
}

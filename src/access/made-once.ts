/** Files that the first start makes and every later one reads, for their owner's eyes only. */
import { chmodSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

/** Safe to repeat: what is there stays. @param make what the file shall hold, where there is none */
export function readOrMake(path: string, make: () => string): string {
  try {
    chmodSync(path, 0o600)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
    makeUnlessThere(path, make())
  }
  return readFileSync(path, 'utf8').trim()
}

/** Complete or not there at all, whenever the power goes. */
function makeUnlessThere(path: string, text: string): void {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${text}\n`, { mode: 0o600, flush: true })
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  } finally {
    rmSync(draft)
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

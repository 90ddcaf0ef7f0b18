/** Findings that were told and have not ended, kept in a small file, so that a restart tells neither twice. */
import { readFile } from 'node:fs/promises'
import { replaceFile } from '../replace-file.ts'
import type { Finding } from './finder.ts'
import { THRESHOLDS } from './kinds.ts'

const VERSION = 1

/** What cannot be read counts for nothing: then a finding that goes on is told anew. */
export async function readOpenFindings(file: string): Promise<readonly Finding[]> {
  try {
    const kept = JSON.parse(await readFile(file, 'utf8')) as {
      readonly version: unknown
      readonly findings: readonly Finding[]
    } // as we wrote it, if the version is ours
    if (kept.version !== VERSION) return []
    return kept.findings.filter(({ kind }) => kind in THRESHOLDS)
  } catch {
    return []
  }
}

export function writeOpenFindings(
  file: string,
  findings: readonly Finding[]
): Promise<void> {
  return replaceFile(file, { version: VERSION, findings })
}

/** The repository's documents, as their readers see them. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'

export const PROJECT = path.resolve(import.meta.dirname, '../..')

export function read(file: string): string {
  return readFileSync(path.join(PROJECT, file), 'utf8')
}

/** Files and folders that a clone has, as paths from the root. */
export function clonedPaths(): ReadonlySet<string> {
  const files = execFileSync('git', ['ls-files'], { cwd: PROJECT, encoding: 'utf8' })
  const paths = new Set<string>()
  for (const file of files.trim().split('\n')) {
    for (let at = file; at !== '.'; at = path.dirname(at)) paths.add(at)
  }
  return paths
}

export type PackageFile = {
  readonly scripts: Readonly<Record<string, string>>
  readonly engines: { readonly node: string }
}

export function packageFile(): PackageFile {
  return JSON.parse(read('package.json')) as PackageFile
}

/** Paths of the API, with `{id}` for what varies. */
export function apiPaths(): readonly string[] {
  const document = parse(read('openapi.yaml')) as { readonly paths: object }
  return Object.keys(document.paths)
}

/** Fenced blocks of a language, without their fences. */
export function fencedBlocks(markdown: string, language: string): readonly string[] {
  const blocks = markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)
  return [...blocks].flatMap(([, of, text]) =>
    of === language && text !== undefined ? [text] : []
  )
}

/** Rows of the table whose first heading is `heading`: cells without their code marks. */
export function tableRows(markdown: string, heading: string): readonly string[][] {
  const lines = markdown.split('\n')
  const start = lines.findIndex((line) => cellsOf(line)[0] === heading)
  const rows: string[][] = []
  for (const line of lines.slice(start + 2)) {
    if (!line.startsWith('|')) break
    rows.push(cellsOf(line))
  }
  return rows
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}

/** First headings of all tables. */
export function headings(markdown: string): readonly string[] {
  const lines = markdown.split('\n')
  return lines.flatMap((line, i) =>
    /^\|[\s|:-]+\|$/.test(line) ? (cellsOf(lines[i - 1] ?? '')[0] ?? []) : []
  )
}

/** Programs of tests and the kernel room as plain JavaScript, for the guest's node: it strips no types. */
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'

const PROJECT = path.resolve(import.meta.dirname, '../..')

/** All that the contract and the differential test import in the guest, and what that starts. */
const FOLDERS = ['src/kernel', 'test/contract', 'test/contract/cases', 'test/differential']
const FILES = [
  'src/clock.ts',
  'test/support/eventually.ts',
  'test/support/histogram-text.ts',
]

export const CONTRACT_PROGRAM = 'test/contract/run-in-guest.js'
export const DIFFERENTIAL_PROGRAM = 'test/differential/serve-in-guest.js'
export const WATCH_PROGRAM = 'test/lab/traced/watch-in-guest.js'

/** What a watch of the driver needs besides. */
const DRIVER = [
  ...['', '/ask', '/change', '/counters', '/scan'].map((part) => `src/linux${part}`),
  'src/host',
  'src/nvme',
  'test/lab/traced',
]

/** @returns path of the program to run, in `target` */
export function compileForGuest(
  target: string,
  program: typeof CONTRACT_PROGRAM | typeof DIFFERENTIAL_PROGRAM | typeof WATCH_PROGRAM
): string {
  const folders = program === WATCH_PROGRAM ? [...FOLDERS, ...DRIVER] : FOLDERS
  const sources = [...folders.flatMap(programsIn), ...FILES]
  for (const source of sources) {
    const compiled = path.join(target, source.replace(/\.ts$/, '.js'))
    mkdirSync(path.dirname(compiled), { recursive: true })
    writeFileSync(compiled, compile(source))
  }
  writeFileSync(path.join(target, 'package.json'), '{ "type": "module" }\n')
  symlinkSync(path.join(PROJECT, 'node_modules'), path.join(target, 'node_modules'))
  return path.join(target, program)
}

function programsIn(folder: string): readonly string[] {
  return readdirSync(path.join(PROJECT, folder))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .filter((name) => name !== path.basename(import.meta.filename))
    .map((name) => path.join(folder, name))
}

function compile(source: string): string {
  return ts.transpileModule(readFileSync(path.join(PROJECT, source), 'utf8'), {
    fileName: source,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  }).outputText
}

/**
 * A project of its own around the scripts of this one, and programs that the test chooses: how the commands behave on
 * machines unlike this one.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { PROJECT } from './documents.ts'

export type ScratchProject = {
  /** The only folder in PATH, unless a run says otherwise. */
  readonly bin: string
  /** Puts a program there, as a line of shell. */
  readonly program: (name: string, line: string) => void
  /** Takes a file or folder of this project over. */
  readonly take: (...places: readonly string[]) => void
  readonly run: (words: readonly string[], environment?: Environment) => Ran
  /** As `run`, but does not wait for its end. */
  readonly start: (words: readonly string[]) => ChildProcess
}

type Environment = Readonly<Record<string, string>>

export type Ran = {
  readonly status: number | null
  /** Lines of its standard output that are not empty. */
  readonly lines: readonly string[]
  readonly stderr: string
}

/** Its packages are installed, since it has none. Gone with the test. */
export function scratchProject(): ScratchProject {
  const folder = mkdtempSync(path.join(tmpdir(), 'nvirt-scratch-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const at = (place: string) => path.join(folder, place)
  const bin = at('bin')
  for (const place of ['bin', 'src/store', 'prisma', 'node_modules'])
    mkdirSync(at(place), { recursive: true })
  for (const place of ['package-lock.json', 'node_modules/.package-lock.json'])
    writeFileSync(at(place), '{ "packages": {} }')

  function program(name: string, line: string): void {
    writeFileSync(path.join(bin, name), `#!/bin/sh\n${line}\n`)
    chmodSync(path.join(bin, name), 0o755)
  }

  function take(...places: readonly string[]): void {
    for (const place of places) {
      if (place.startsWith('node_modules/'))
        symlinkSync(path.join(PROJECT, place), at(place))
      else cpSync(path.join(PROJECT, place), at(place), { recursive: true })
    }
  }

  function run(words: readonly string[], environment: Environment = {}): Ran {
    const { status, stdout, stderr } = spawnSync(process.execPath, words, {
      cwd: folder,
      env: { PATH: bin, ...environment },
      encoding: 'utf8',
    })
    return { status, lines: stdout.split('\n').filter((line) => line !== ''), stderr }
  }

  function start(words: readonly string[]): ChildProcess {
    const options = { cwd: folder, env: { PATH: bin }, stdio: 'ignore' } as const
    return spawn(process.execPath, words, options)
  }

  take('scripts', 'tsconfig.json', 'tsconfig.build.json')
  return { bin, program, take, run, start }
}

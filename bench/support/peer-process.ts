/** A peer that is a process of its own: a line to it is a command, and a line from it is the answer. */
import { spawn, spawnSync } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'

export type PeerProcess = {
  readonly ask: (command: string) => Promise<string>
  readonly end: () => void
}

export function peerProcess(program: string, words: readonly string[]): PeerProcess {
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    ask: async (command) => {
      child.stdin.write(`${command}\n`)
      const answer = await answers.next()
      if (answer.done) throw new Error(`${program} ended at "${command}"`)
      return answer.value
    },
    end: () => child.stdin.end(),
  }
}

/** Compiles as fast as the compiler makes it without changing what is computed. @returns the program */
export function compileC(source: string, folder: string): string {
  const program = path.join(folder, path.basename(source, '.c'))
  const flags = ['-O3', '-ffp-contract=off', '-Wall', '-Wextra']
  const words = [...flags, '-o', program, source, '-lm']
  const { status, error, stderr } = spawnSync('gcc', words, { encoding: 'utf8' })
  if (error)
    throw new Error('the C peers need gcc (Debian: apt install gcc)', { cause: error })
  if (status !== 0) throw new Error(`gcc cannot compile ${source}: ${stderr}`)
  return program
}

/** A watch in the guest as the tests have it: its frames, and how it ends. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { compileForGuest, WATCH_PROGRAM } from '../../contract/compile-for-guest.ts'
import { eventually } from '../../support/eventually.ts'
import { GUEST_NODE_ON_ONE_CPU } from '../guest-node.ts'
import type { Guest } from '../guest.ts'
import type { WatchedFrame } from './watched-frame.ts'

const NAME = 'watch'
const ARMED_MS = 120_000

export type TracedWatch = {
  /** All so far. */
  readonly frames: () => readonly WatchedFrame[]
  /** One that begins after this call. */
  readonly next: () => Promise<WatchedFrame>
  readonly end: (signal: NodeJS.Signals) => Promise<void>
}

/** Resolves when it is armed. */
export async function tracedWatch(
  { agent, folder }: Guest,
  address: string,
  periodMs: number
): Promise<TracedWatch> {
  const program = compiled(folder).replace(folder, '/mnt')
  const log = path.join(folder, `watch-${performance.now()}.log`)
  // Compiling takes seconds, in which the agent has ended its connection unnoticed.
  const answers = async () => (await agent.isThere()) || undefined
  await eventually('the agent answers', answers, ARMED_MS)
  await agent.ask({
    ask: 'start',
    name: NAME,
    command: [...GUEST_NODE_ON_ONE_CPU, program, address, String(periodMs)],
    log: log.replace(folder, '/mnt'),
  })
  const frames = () => linesOf(log).map((line) => JSON.parse(line) as WatchedFrame)
  const isArmed = async () =>
    frames().some(({ untraced }) => untraced === null) || undefined
  await eventually('the watch is armed', isArmed, ARMED_MS)
  return { frames, next: () => nextOf(frames), end }

  async function end(signal: NodeJS.Signals): Promise<void> {
    await agent.ask({ ask: 'signal', name: NAME, signal })
    await agent.ask({ ask: 'end', name: NAME })
  }
}

function compiled(folder: string): string {
  const target = path.join(folder, 'watch')
  const program = path.join(target, WATCH_PROGRAM)
  return existsSync(program) ? program : compileForGuest(target, WATCH_PROGRAM)
}

/** Whole ones. */
function linesOf(log: string): readonly string[] {
  return readFileSync(log, 'utf8').split('\n').slice(0, -1)
}

/** The one that is being made now may have been read before. */
async function nextOf(frames: () => readonly WatchedFrame[]): Promise<WatchedFrame> {
  const enough = frames().length + 2
  const isThere = async () => frames()[enough - 1]
  return eventually('the watch has another frame', isThere, ARMED_MS)
}

/** The differential test's program in a guest: runs sequences of commands, and says what came of them. */
import path from 'node:path'
import { DIFFERENTIAL_PROGRAM, compileForGuest } from '../contract/compile-for-guest.ts'
import type { Command } from '../differential/commands.ts'
import { MOST_WAIT_MS } from '../differential/machine.ts'
import type { GuestStory, Sequence } from '../differential/serve-in-guest.ts'
import { eventually } from '../support/eventually.ts'
import { GUEST_NODE } from './guest-node.ts'
import type { Guest } from './guest.ts'
import { lastWords } from './last-words.ts'
import { GUEST_ADDRESS, SERVICE_PORT } from './qemu-arguments.ts'

export type StoryTeller = {
  /** @throws Error with the guest's last words when it does not answer */
  readonly tell: (commands: readonly Command[], mostWaitMs?: number) => Promise<GuestStory>
  readonly end: () => Promise<void>
}

const START_LIMIT_MS = 120_000
const STORY_LIMIT_MS = 280_000

/** A guest that cannot be put back as it was found is thrown away, and another one booted. */
export async function storyTeller(boot: () => Promise<Guest>): Promise<StoryTeller> {
  let guest = await started(boot)
  return { tell, end: () => guest.end() }

  async function tell(
    commands: readonly Command[],
    mostWaitMs = MOST_WAIT_MS
  ): Promise<GuestStory> {
    const told = await answer(guest, { commands, mostWaitMs }).catch((cause: unknown) => {
      throw new Error(`the guest did not answer\n${lastWords(guest.folder)}`, { cause })
    })
    if (told.notPutBack === undefined) return told
    process.stdout.write(`a guest is thrown away: ${told.notPutBack}\n`)
    await guest.end()
    guest = await started(boot)
    return told
  }
}

async function started(boot: () => Promise<Guest>): Promise<Guest> {
  const guest = await boot()
  try {
    await startProgram(guest)
    return guest
  } catch (cause) {
    const said = lastWords(guest.folder)
    await guest.end()
    throw new Error(`starting the program in the guest\n${said}`, { cause })
  }
}

async function startProgram(guest: Guest): Promise<void> {
  const program = compileForGuest(path.join(guest.folder, 'programs'), DIFFERENTIAL_PROGRAM)
  const inGuest = program.replace(guest.folder, '/mnt')
  await guest.agent.ask({
    ask: 'start',
    name: 'differential',
    command: [...GUEST_NODE, inGuest, GUEST_ADDRESS, String(SERVICE_PORT)],
    log: '/mnt/service.log',
  })
  await eventually('the program in the guest answers', isThere, START_LIMIT_MS)

  async function isThere(): Promise<true | undefined> {
    try {
      const signal = AbortSignal.timeout(2_000)
      return (await fetch(urlOf(guest), { signal })).ok || undefined
    } catch {
      return undefined // nobody listens yet
    }
  }
}

function urlOf({ servicePort }: Guest): string {
  return `http://127.0.0.1:${servicePort}/`
}

async function answer(guest: Guest, sequence: Sequence): Promise<GuestStory> {
  const response = await fetch(urlOf(guest), {
    method: 'POST',
    body: JSON.stringify(sequence),
    signal: AbortSignal.timeout(STORY_LIMIT_MS),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  // Both ends are compiled from the same type.
  return JSON.parse(text) as GuestStory
}

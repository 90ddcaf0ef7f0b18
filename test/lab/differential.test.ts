import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isBind, isNumVfsWrite, type Command } from '../differential/commands.ts'
import { firstDifference, story } from '../differential/differences.ts'
import { emulatedStory, waitingStory } from '../differential/emulated.ts'
import { commandSequence } from '../differential/generator.ts'
import { differentialSeed } from '../differential/seed.ts'
import { MOST_CASE_MS, WAITING_CASES } from '../differential/waiting-cases.ts'
import { atSize } from '../support/test-size.ts'
import { bootGuest } from './guest.ts'
import { storyTeller, type StoryTeller } from './story-teller.ts'

/** Over both guests. */
const COMMANDS = Number(
  process.env['DIFFERENTIAL_COMMANDS'] ?? atSize({ normal: 1_500, full: 5_000 })
)
const LIMIT_MS = atSize({ normal: 900_000, full: 3_600_000 })

const seed = differentialSeed()
const guests: StoryTeller[] = []

/** One after the other: two at once take more than twice as long to boot. */
beforeAll(async () => {
  guests.push(await storyTeller(() => bootGuest()))
  guests.push(await storyTeller(() => bootGuest()))
}, 600_000)

afterAll(async () => {
  await Promise.all(guests.map((guest) => guest.end()))
})

test(
  'the real kernel on QEMU 7.2 and the emulator answer random commands alike, and end alike',
  async () => {
    const begun = performance.now()
    const shares = await whenBothHaveEnded(
      guests.map((guest, n) => heldAgainst(guest, seed + n, COMMANDS / guests.length))
    )

    const commands = shares.flat()
    const share = (isIt: (command: Command) => boolean) =>
      commands.filter(isIt).length / commands.length
    const perSecond = (commands.length * 1_000) / (performance.now() - begun)
    process.stdout.write(
      `differential test: ${commands.length} commands, ${perSecond.toFixed(1)} a second\n`
    )
    expect(commands.length).toBeGreaterThanOrEqual(COMMANDS)
    expect(share(isNumVfsWrite)).toBeGreaterThan(0.03)
    expect(share(isBind)).toBeGreaterThan(0.07)
  },
  LIMIT_MS
)

/** Also when one fails: the other goes on asking its guest, which the next test wants for itself. @throws of the first */
async function whenBothHaveEnded<T>(both: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(both)
  return Promise.all(both)
}

/** What waits for a timeout of the kernel: in the full run only, since each takes up to a minute. */
test.each(atSize({ normal: [], full: WAITING_CASES }))(
  '$name',
  async ({ commands }) => {
    const emulated = await waitingStory(commands, MOST_CASE_MS)
    const real = await guests[0]?.tell(commands, MOST_CASE_MS)

    expect(real?.trouble).toBeUndefined()
    const difference = real && firstDifference(commands, emulated, real)
    expect(difference, difference && story(commands, real, difference)).toBeUndefined()
  },
  2 * MOST_CASE_MS
)

/** Sequence after sequence until there are so many commands. @returns the commands @throws the shortest difference found */
async function heldAgainst(
  guest: StoryTeller,
  ownSeed: number,
  share: number
): Promise<readonly Command[]> {
  const done: Command[] = []
  let isShrinking = false
  const property = fc.asyncProperty(commandSequence, async (sequence) => {
    if (done.length >= share && !isShrinking) return
    const emulated = await emulatedStory(sequence)
    const real = await guest.tell(emulated.commands)
    const difference = firstDifference(emulated.commands, emulated, real)
    isShrinking ||= difference !== undefined
    if (difference)
      throw new Error([real.trouble, story(emulated.commands, real, difference)].join('\n'))
    done.push(...emulated.commands)
  })
  await fc.assert(property, {
    seed: ownSeed,
    numRuns: share,
    interruptAfterTimeLimit: 0.8 * LIMIT_MS,
  })
  return done
}

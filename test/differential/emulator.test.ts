import fc from 'fast-check'
import { expect, test } from 'vitest'
import { atSize } from '../support/test-size.ts'
import { isBind, isNumVfsWrite } from './commands.ts'
import { emulatedStory, waitingStory } from './emulated.ts'
import { commandSequence } from './generator.ts'
import { isKnown, KNOWN_DIFFERENCES } from './known-differences.ts'
import { differentialSeed } from './seed.ts'
import { MOST_CASE_MS, WAITING_CASES } from './waiting-cases.ts'

const seed = differentialSeed()

test('no sequence upsets the emulator, and the same one ends the same', async () => {
  const numRuns = atSize({ normal: 60, full: 600 })
  await fc.assert(
    fc.asyncProperty(commandSequence, async (commands) => {
      const story = await emulatedStory(commands)

      expect(story.outcomes).toHaveLength(story.commands.length)
      expect(await emulatedStory(story.commands)).toEqual({ ...story, waiting: [] })
    }),
    { seed, numRuns }
  )
}, 120_000)

test.each(WAITING_CASES)('random sequences leave out: $name', async ({ commands }) => {
  const { waiting } = await emulatedStory(commands)

  expect(waiting.length).toBeGreaterThan(0)
  expect((await waitingStory(commands, MOST_CASE_MS)).outcomes).toHaveLength(
    commands.length
  )
})

test('as many differences are known as were when somebody last looked at them', () => {
  expect(KNOWN_DIFFERENCES).toHaveLength(4)
})

test('the power state that a driver left is what kernels differ in, and nothing else of it is', () => {
  const left = {
    place: undefined,
    what: '0000:01:00.1',
    emulated: 'driver ENOENT; power_state unknown',
  }
  const read = {
    place: 1,
    what: 'read /sys/bus/pci/devices/0000:01:00.1/power_state',
    emulated: '"unknown\\n"',
  }

  expect(isKnown({ ...left, real: 'driver ENOENT; power_state D0' })).toBe(true)
  expect(isKnown({ ...left, real: 'driver nvme; power_state D0' })).toBe(false)
  expect(isKnown({ ...read, real: '"D0\\n"' })).toBe(true)
  expect(isKnown({ ...read, real: '"D3hot\\n"' })).toBe(false)
})

test('a function that vfio-pci has just bound may not sleep yet when it is read, and does in the end', () => {
  const state = { real: '"D0\\n"', emulated: '"D3hot\\n"' }
  const read = { place: 6, what: 'read /sys/bus/pci/devices/0000:01:00.2/power_state' }
  const atTheEnd = { real: 'power_state D0', emulated: 'power_state D3hot' }

  expect(isKnown({ ...read, ...state })).toBe(true)
  expect(isKnown({ ...read, real: state.emulated, emulated: state.real })).toBe(false)
  expect(isKnown({ place: undefined, what: '0000:01:00.2', ...atTheEnd })).toBe(false)
})

test('sequences are of every kind of command', async () => {
  const commands = fc.sample(commandSequence, { seed, numRuns: 400 }).flat()
  const share = (isIt: (command: (typeof commands)[number]) => boolean) =>
    commands.filter(isIt).length / commands.length
  expect(share(isNumVfsWrite)).toBeGreaterThan(0.05)
  expect(share(isNumVfsWrite)).toBeLessThan(0.09)
  expect(share(isBind)).toBeGreaterThan(0.09)
})

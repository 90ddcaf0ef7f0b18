/**
 * A sequence on the emulator, by a clock that moves only while something is waited for. Commands that would make
 * somebody wait for a timeout of the kernel are found here, before the guest sees them.
 */
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import type { EmulatedMachine, MachineSnapshot } from '../../src/emulator/machine.ts'
import { emulatedMachine } from '../../src/emulator/power-on.ts'
import { fakeClock } from '../support/fake-clock.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import { LAB_PF } from '../contract/world.ts'
import type { Command } from './commands.ts'
import { endState, type EndState } from './end-state.ts'
import { MOST_WAIT_MS, WaitsError, type Machine } from './machine.ts'
import { perform } from './perform.ts'
import { VF_ADDRESSES } from './functions.ts'

export type Story = {
  /** One for each command. */
  readonly outcomes: readonly string[]
  readonly end: EndState
}

export type EmulatedStory = Story & {
  /** The commands, without those that wait. */
  readonly commands: readonly Command[]
  readonly waiting: readonly Command[]
}

/** Runs it on a machine that has just been switched on. A command that waits spoils the machine: again, without it. */
export async function emulatedStory(commands: readonly Command[]): Promise<EmulatedStory> {
  const waiting: Command[] = []
  let kept = commands
  for (;;) {
    const ran = await runUntilOneWaits(kept, MOST_WAIT_MS)
    if (typeof ran !== 'number') return { ...ran, commands: kept, waiting }
    waiting.push(...kept.slice(ran, ran + 1))
    kept = kept.toSpliced(ran, 1)
  }
}

/** As it is, whatever waits. */
export async function waitingStory(
  commands: readonly Command[],
  mostWaitMs: number
): Promise<Story> {
  const story = await runUntilOneWaits(commands, mostWaitMs, () => false)
  if (typeof story === 'number') throw new Error(`command ${story} waits for ever`)
  return story
}

/** @returns the place of the first command that waits, if there is one */
async function runUntilOneWaits(
  commands: readonly Command[],
  mostWaitMs: number,
  spoils = makesWait
): Promise<Story | number> {
  const clock = fakeClock()
  const machine = await emulatedMachine(labLikeHost(), { clock })
  const emulated = machineOf(machine, clock, mostWaitMs)
  try {
    const outcomes: string[] = []
    for (const command of commands) {
      const outcome = await perform(emulated, command).catch(unlessItWaits)
      if (outcome === undefined || spoils(machine.snapshot())) return outcomes.length
      outcomes.push(outcome)
    }
    return { outcomes, end: await endState(emulated) }
  } finally {
    await machine.close()
  }
}

function unlessItWaits(cause: unknown): undefined {
  if (!(cause instanceof WaitsError)) throw cause
}

/** A VF that nvme drives is offline: its driver finds out by a timeout, and whatever is asked of it waits for that. */
function makesWait({ functions, primaries }: MachineSnapshot): boolean {
  const secondaries = primaries[LAB_PF]?.secondaries ?? []
  return VF_ADDRESSES.some(
    (address, index) =>
      functions[address]?.driver === 'nvme' && secondaries[index]?.state !== 'online'
  )
}

const TICK_MS = 10

function machineOf(
  { kernel }: EmulatedMachine,
  clock: FakeClock,
  mostWaitMs: number
): Machine {
  const lane = kernel.lane(LAB_PF)
  return {
    ask: async (call) => {
      const asked = lane.call(call, { deadlineMs: mostWaitMs })
      const answer = await byTime(asked, clock)
      if (!answer.done) throw new WaitsError(JSON.stringify(answer.blocked.call))
      return answer.answer
    },
    sleep: (ms) => clock.advance(ms),
  }
}

/** Time passes until it is there. */
async function byTime<T>(answer: Promise<T>, clock: FakeClock): Promise<T> {
  let isThere = false
  const there = answer.finally(() => (isThere = true))
  there.catch(() => {}) // heard of below
  for (await clock.advance(0); !isThere;) await clock.advance(TICK_MS)
  return there
}

/**
 * Runs sequences on the real kernel that this program finds itself on, which must be the lab's guest: one POST of JSON
 * commands each, answered by what came of them. Afterwards the machine is put back, and how that went is in the answer. A
 * GET only asks whether it is there.
 *
 *   node serve-in-guest.js ADDRESS PORT
 */
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/clock.ts'
import { neverBlocks } from '../../src/kernel/never-blocks.ts'
import { realKernel } from '../../src/kernel/real-kernel.ts'
import { restore, snapshot } from '../contract/restore.ts'
import { guestWorld } from '../contract/guest-world.ts'
import { LAB_PF } from '../contract/world.ts'
import type { Command } from './commands.ts'
import { endState, type EndState } from './end-state.ts'
import { WaitsError, type Machine } from './machine.ts'
import { perform } from './perform.ts'
import { DYNAMIC_IDS } from './dynamic-ids.ts'
import { findAll, asBefore } from './put-back.ts'

export type Sequence = {
  readonly commands: readonly Command[]
  /** How long a call may take. */
  readonly mostWaitMs: number
}

export type GuestStory = {
  /** One for each command, or fewer when one of them hung or the kernel could not be asked. */
  readonly outcomes: readonly string[]
  readonly end: EndState
  /** Why the sequence ended early. */
  readonly trouble?: string
  /** Why the machine is not as it was found: it serves no more. */
  readonly notPutBack?: string
}

const [address = '', port = ''] = process.argv.slice(2)
const kernel = realKernel({
  clock: systemClock,
  laneFolder: mkdtempSync('/run/differential-lanes-'),
})
const world = guestWorld(kernel, { holdVfio: '', nodeModules: '' })
const lane = kernel.lane(LAB_PF)
const machineThatWaits = (mostMs: number): Machine => ({
  ask: async (call) => {
    if (neverBlocks(call)) return kernel.call(call)
    const answer = await lane.call(call, { deadlineMs: mostMs })
    if (!answer.done) throw new WaitsError(JSON.stringify(answer.blocked.call))
    return answer.answer
  },
  sleep: (ms) => sleep(ms),
})
const found = await snapshot(world)

createServer((request, response) => {
  if (request.method === 'GET') {
    response.end('ready')
    return
  }
  void sequenceIn(request)
    .then(story)
    .then(
      (told) => response.end(JSON.stringify(told)),
      (error: unknown) => {
        response.statusCode = 500
        response.end(error instanceof Error ? (error.stack ?? error.message) : 'no reason')
      }
    )
}).listen(Number(port), address)

async function sequenceIn(message: IncomingMessage): Promise<Sequence> {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  // Only the test speaks to this program.
  return JSON.parse(Buffer.concat(parts).toString()) as Sequence
}

async function story({ commands, mostWaitMs }: Sequence): Promise<GuestStory> {
  const machine = machineThatWaits(mostWaitMs)
  const ran = await outcomesOf(machine, commands)
  const { end, trouble = ran.trouble } = await ending(machine, ran.trouble)
  const notPutBack = await complaint(() => putBack(machine))
  return {
    outcomes: ran.outcomes,
    end,
    ...(trouble === undefined ? {} : { trouble }),
    ...(notPutBack === undefined ? {} : { notPutBack }),
  }
}

async function outcomesOf(machine: Machine, commands: readonly Command[]) {
  const outcomes: string[] = []
  const trouble = await complaint(async () => {
    for (const command of commands) outcomes.push(await perform(machine, command))
  })
  return { outcomes, trouble }
}

async function ending(
  machine: Machine,
  before: string | undefined
): Promise<{ readonly end: EndState; readonly trouble?: string }> {
  let end: EndState = {}
  if (before !== undefined) return { end }
  const trouble = await complaint(async () => {
    end = await endState(machine)
  })
  return trouble === undefined ? { end } : { end, trouble }
}

async function putBack(machine: Machine): Promise<void> {
  await findAll(machine, DYNAMIC_IDS)
  await restore(world, 0)
  await asBefore(machine)
  assert.deepEqual(await snapshot(world), found, 'the machine is as it was found')
}

async function complaint(run: () => Promise<void>): Promise<string | undefined> {
  try {
    await run()
    return undefined
  } catch (cause) {
    return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  }
}

/**
 * Transcripts of a hand in the lab, command by command on the emulator: the same errnos, statuses, lists and files as Linux
 * with QEMU gave. What is not replayed is counted.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { DeviceName } from '../../../src/emulator/devices/device-policy.ts'
import type { HostDescription } from '../../../src/emulator/fleet.ts'
import { labLikeHost } from '../../../src/emulator/lab-like-host.ts'
import { testMachine } from '../machine-calls.ts'
import type { TestMachine } from '../machine-calls.ts'
import { run } from './shell.ts'
import type { Printed } from './shell.ts'
import { entriesOf, factsOf } from './transcript.ts'
import type { Entry } from './transcript.ts'

type Capture = {
  readonly file: string
  readonly device: DeviceName
  readonly kernelRelease: string
  /** There the driver found the plain controller first, so that its numbers are the other way round. */
  readonly swapped: boolean
  /** Commands that say nothing of devices: versions, data, interrupts, modes of files. */
  readonly notReplayed: number
}

const CAPTURES: readonly Capture[] = [
  {
    file: 'prov-q7.txt',
    device: 'qemu-7.2',
    kernelRelease: '6.1.0-56-amd64',
    swapped: false,
    notReplayed: 7,
  },
  {
    file: 'prov-q10.txt',
    device: 'qemu-10',
    kernelRelease: '6.12.95+deb12-amd64',
    swapped: true,
    notReplayed: 7,
  },
]

test.for(CAPTURES)(
  '$file: the emulated $device answers as the real one',
  async (capture) => {
    const { entries, differing, skipped } = await replay(capture, capture.device)

    expect(entries, 'the transcript was read').toBeGreaterThan(140)
    expect(differing).toEqual([])
    expect(skipped, 'commands that are not replayed').toBe(capture.notReplayed)
  }
)

test.for(CAPTURES)('$file: another device would not pass', async (capture) => {
  const other = capture.device === 'qemu-10' ? 'qemu-7.2' : 'qemu-10'

  const { differing } = await replay(capture, other)

  expect(differing.length).toBeGreaterThan(5)
})

async function replay(capture: Capture, device: DeviceName) {
  const machine = await testMachine(hostOf(capture, device))
  const entries = entriesOf(textOf(capture))
  const differing: Difference[] = []
  let skipped = 0
  for (const entry of entries) {
    const printed = await inTurn(machine, entry.command.split('; '))
    if (printed.every((one) => one === undefined)) skipped++
    else differing.push(...differenceOf(entry, printed))
  }
  return { entries: entries.length, differing, skipped }
}

function hostOf({ kernelRelease }: Capture, device: DeviceName): HostDescription {
  const host = labLikeHost()
  const subsystems = host.subsystems.map((drive) => ({
    ...drive,
    controllers: drive.controllers.map((controller) => ({ ...controller, device })),
  }))
  return { ...host, cpus: 2, kernelRelease, subsystems }
}

function textOf({ file, swapped }: Capture): string {
  const text = readFileSync(path.join(import.meta.dirname, file), 'utf8')
  return swapped ? swapControllers(text) : text
}

/** nvme0 is nvme1 and nvme1 is nvme0, also in names of disks and of hidden paths. */
function swapControllers(text: string): string {
  const other = (digit: string) => (digit === '0' ? '1' : digit === '1' ? '0' : digit)
  return text.replace(
    /\bnvme(\d)(?:c(\d))?/g,
    (_, first: string, controller?: string) =>
      `nvme${other(first)}${controller === undefined ? '' : `c${other(controller)}`}`
  )
}

async function inTurn(machine: TestMachine, commands: readonly string[]) {
  const printed: (Printed | undefined)[] = []
  for (const command of commands) printed.push(await run(machine, command))
  return printed
}

type Difference = {
  readonly where: string
  readonly emulated: readonly string[]
  readonly real: readonly string[]
}

/** Of a command with parts that are not replayed, what the others print has to be among what was printed. */
function differenceOf(
  { line, command, output, rc }: Entry,
  parts: readonly (Printed | undefined)[]
): readonly Difference[] {
  const known = parts.flatMap((part) => part ?? [])
  const whole = known.length === parts.length
  const emulated = factsOf(known.flatMap((part) => part.output))
  const real = factsOf(output)
  const last = known.at(-1)?.rc
  const same = whole
    ? emulated.join('\n') === real.join('\n') && last === rc
    : emulated.every((fact) => real.includes(fact))
  return same ? [] : [{ where: `line ${line}: ${command}`, emulated, real }]
}

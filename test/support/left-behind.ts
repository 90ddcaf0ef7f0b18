/** What a step that could not be undone may leave on the machine: everything else is as it was found. */
import { expect } from 'vitest'
import type { MachineSnapshot } from '../../src/emulator/machine.ts'

/** @param steps whose undo failed */
export function expectFoundBut(
  steps: readonly string[],
  found: MachineSnapshot,
  left: MachineSnapshot,
  what: string
): void {
  const allowed = steps.map(leftBy)
  const others = differences(found, left).filter(
    (path) => !allowed.some((pattern) => pattern.test(path))
  )
  expect(others, `${what}: left behind, though ${steps.join(', ')} did not do it`).toEqual(
    []
  )
}

/** Paths into a snapshot, by the step that changes what they lead to. */
const LEFT_BY: readonly (readonly [step: RegExp, left: (vfNumber: number) => RegExp])[] = [
  [/^(bind-vfio|restore-binding|unbind|take-back|reserve)$/, () => /^functions /],
  [/^bind-vf(\d+)$/, (vf) => new RegExp(`^functions \\S+\\.${vf} `)],
  [
    /^(?:resources|offline|assign-vq|assign-vi|online)-vf(\d+)$/,
    (vf) => new RegExp(`^primaries \\S+ secondaries ${vf - 1} `),
  ],
  [/^online-vfs$/, () => /^primaries \S+ secondaries /],
  [
    /^(attach-vf(\d+|s)|(fetch|attach)-namespaces|return-attachments)$/,
    () => /^attachments /,
  ],
  [/^allocate-and-reset$/, () => /^primaries \S+ flexible /],
  // VFs that stay are functions, to which the drive attached some namespaces when they came.
  [
    /^(enable-vfs|record-sriov)$/,
    () => /^(primaries \S+ (vfCount|autoprobe)|functions |attachments )/,
  ],
]

function leftBy(step: string): RegExp {
  for (const [pattern, left] of LEFT_BY) {
    const match = pattern.exec(step)
    if (match) return left(Number(match[1]))
  }
  throw new Error(`nobody knows what ${step} may leave behind`)
}

function differences(found: MachineSnapshot, left: MachineSnapshot): readonly string[] {
  const before = new Map(leavesOf(found))
  const after = new Map(leavesOf(left))
  const paths = new Set([...before.keys(), ...after.keys()])
  return [...paths].filter((path) => before.get(path) !== after.get(path))
}

/** `functions 0000:01:00.1 driver`, and what is there. */
function leavesOf(value: unknown, path = ''): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null) return [[`${path} `, value]]
  return Object.entries(value).flatMap(([key, inner]) =>
    leavesOf(inner, path === '' ? key : `${path} ${key}`)
  )
}

/**
 * What every kernel behind the seam does, as named cases: run on the emulator by vitest (emulated-kernel.test.ts) and on
 * a real Linux inside the lab's guest (run-in-guest.ts). A case leaves the machine anyhow; afterwards it is put back, and
 * must then be as it was found.
 */
import assert from 'node:assert/strict'
import { BINDING_CASES } from './cases/binding.ts'
import { BLOCK_CASES } from './cases/blocks.ts'
import { CONSUMER_CASES } from './cases/consumers.ts'
import { COUNTER_CASES } from './cases/counters.ts'
import { FILE_CASES } from './cases/files.ts'
import { NAMESPACE_CASES } from './cases/namespaces.ts'
import { SECONDARY_CASES } from './cases/secondaries.ts'
import { SRIOV_CASES } from './cases/sriov.ts'
import { TRACE_CASES } from './cases/traces.ts'
import { UEVENT_CASES } from './cases/uevents.ts'
import { arrange, restore, snapshot } from './restore.ts'
import type { ContractCase, KernelWorld } from './world.ts'

const CASES: readonly ContractCase[] = [
  ...FILE_CASES,
  ...SRIOV_CASES,
  ...BINDING_CASES,
  ...SECONDARY_CASES,
  ...NAMESPACE_CASES,
  ...COUNTER_CASES,
  ...TRACE_CASES,
  ...CONSUMER_CASES,
  ...BLOCK_CASES,
  ...UEVENT_CASES,
]

/** Those with the same number of VFs after each other: on a real machine it takes over a second to change it. */
export const KERNEL_CONTRACT = CASES.toSorted((a, b) => (a.vfs ?? 0) - (b.vfs ?? 0))

/**
 * Runs cases on one machine, each of which throws an AssertionError when it fails or the machine cannot be put back. How
 * it must look afterwards is what was found when so many VFs were first enabled.
 */
export function contractRunner(
  world: KernelWorld
): (contractCase: ContractCase) => Promise<void> {
  const found = new Map<number, object>()

  return async ({ run, vfs: vfCount = 0 }) => {
    const vfs = await arrange(world, vfCount)
    const before = found.get(vfCount) ?? (await snapshot(world))
    found.set(vfCount, before)
    try {
      await run(world, vfs)
    } finally {
      await restore(world, vfCount)
    }
    assert.deepEqual(await snapshot(world), before, 'the machine is as it was found')
  }
}

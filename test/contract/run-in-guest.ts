/**
 * Runs the contract on the real kernel that this program finds itself on, which must be the lab's guest: it enables VFs,
 * binds drivers and mounts disks. Prints a line of JSON for each case, and exits with 1 when one failed.
 *
 *   node run-in-guest.js HOLD-VFIO.js FOLDER-OF-NODE-MODULES [PART-OF-A-NAME]
 */
import { mkdtempSync, rmSync, writeSync } from 'node:fs'
import { systemClock } from '../../src/clock.ts'
import { realKernel } from '../../src/kernel/real-kernel.ts'
import { guestWorld } from './guest-world.ts'
import { KERNEL_CONTRACT, contractRunner } from './kernel-contract.ts'
import type { ContractCase } from './world.ts'

export type CaseReport = {
  readonly name: string
  readonly passed: boolean
  readonly ms: number
  /** Why it did not. */
  readonly failure?: string
}

const [holdVfio = '', nodeModules = '', part = ''] = process.argv.slice(2)
const laneFolder = mkdtempSync('/run/contract-lanes-')
const kernel = realKernel({ clock: systemClock, laneFolder })
const runCase = contractRunner(guestWorld(kernel, { holdVfio, nodeModules }))

for (const contractCase of KERNEL_CONTRACT.filter(({ name }) => name.includes(part)))
  report(await reportOf(contractCase))
await kernel.close()
rmSync(laneFolder, { recursive: true })

async function reportOf(contractCase: ContractCase): Promise<CaseReport> {
  const { name } = contractCase
  const start = performance.now()
  const ms = () => Math.round(performance.now() - start)
  try {
    await runCase(contractCase)
    return { name, passed: true, ms: ms() }
  } catch (cause) {
    const failure = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
    return { name, passed: false, ms: ms(), failure }
  }
}

function report(done: CaseReport): void {
  if (!done.passed) process.exitCode = 1
  writeSync(1, `${JSON.stringify(done)}\n`)
}

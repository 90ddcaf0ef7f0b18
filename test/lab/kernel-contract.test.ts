import { afterAll, beforeAll, expect, test } from 'vitest'
import path from 'node:path'
import { CONTRACT_PROGRAM, compileForGuest } from '../contract/compile-for-guest.ts'
import { KERNEL_CONTRACT } from '../contract/kernel-contract.ts'
import type { CaseReport } from '../contract/run-in-guest.ts'
import { PROJECT } from './guest-image.ts'
import { GUEST_NODE } from './guest-node.ts'
import { bootGuest, type Guest } from './guest.ts'

/** A minute when nobody else uses the machine. */
const RUN_LIMIT_MS = 240_000

let guest: Guest
let reports: ReadonlyMap<string, CaseReport>

beforeAll(async () => {
  guest = await bootGuest()
  reports = await runContract(guest)
}, RUN_LIMIT_MS + 60_000)

afterAll(() => guest?.end())

for (const { name } of KERNEL_CONTRACT) {
  test(`a real kernel: ${name}`, () => {
    const report = reports.get(name)
    expect(report, report?.failure).toMatchObject({ name, passed: true })
  })
}

async function runContract({ agent, folder }: Guest): Promise<Map<string, CaseReport>> {
  const entry = compileForGuest(path.join(folder, 'contract'), CONTRACT_PROGRAM)
  const command = [
    ...GUEST_NODE,
    entry.replace(folder, '/mnt'),
    '/mnt/guest/hold-vfio.js',
    path.join(PROJECT, 'node_modules'),
  ]
  const { stdout, stderr } = await agent.ask({
    ask: 'run',
    command,
    timeoutMs: RUN_LIMIT_MS,
  })
  const lines = stdout.split('\n').filter((line) => line !== '')
  expect(lines.length, stderr).toBe(KERNEL_CONTRACT.length)
  const done = lines.map((line) => JSON.parse(line) as CaseReport)
  return new Map(done.map((report) => [report.name, report]))
}

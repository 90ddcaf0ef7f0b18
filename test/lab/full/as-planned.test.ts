/**
 * No write of nvirt appears that the plan did not name: what its processes wrote, by the kernel's own account, is held
 * against the plan that was shown before.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PlanView } from '../../../src/api/plan-view.ts'
import type { AssignmentView } from '../../../src/workflows/workflows.ts'
import { TRUSTED } from '../answers.ts'
import { GUEST_NODE } from '../guest-node.ts'
import { inOrder } from '../in-order.ts'
import {
  openLab,
  plainController,
  provisionRequest,
  provisionedVfs,
  type Lab,
} from '../lab.ts'
import { lastWords } from '../last-words.ts'
import { machineSnapshot } from '../machine-snapshot.ts'
import { SRIOV_ADDRESS } from '../qemu-arguments.ts'
import { firstUnnamed, namedIn } from '../../support/named-writes.ts'
import {
  asTraced,
  tracedShell,
  tracedWrites,
  traceWrites,
  type TracedWrite,
} from '../writes-trace.ts'

let lab: Lab

beforeAll(async () => {
  lab = await openLab()
  await traceWrites(lab.agent, 'dist/main.js|nvirt-lane')
})
afterAll(() => lab?.guest.end())
inOrder(() => lastWords(lab.guest.folder))

/** Asks for the plan, has it run, and holds it against the trace. @returns how many writes there were */
async function asPlanned(method: string, path: string, body?: object): Promise<number> {
  const { client, agent } = lab
  const answer = await client.request(method, `${path}?plan=true`, body)
  const plan = answer.body as PlanView // the document's shape; test/api holds the service to it
  expect(answer.status, JSON.stringify(plan)).toBe(200)
  expect(plan.refusals).toEqual([])
  expect(await tracedWrites(agent), 'a plan writes nothing').toEqual([])

  await client.perform(method, `${path}?plan=${plan.id}`, body)

  const written = await tracedWrites(agent)
  const named = plan.steps.flatMap(({ does }) => namedIn(does, asTraced))
  expect(
    firstUnnamed(named, resetsSorted(written)),
    JSON.stringify(written, null, 1)
  ).toBeUndefined()
  return written.length
}

/** Those that follow one another were made at the same time, in whatever order: a plan names them by their addresses. */
function resetsSorted(written: readonly TracedWrite[]): readonly TracedWrite[] {
  const isReset = (write: TracedWrite) =>
    write.to === 'sysfs' && write.path.endsWith('/reset')
  const first = written.findIndex(isReset)
  if (first < 0) return written
  const end = written.findIndex((write, at) => at > first && !isReset(write))
  const last = end < 0 ? written.length : end
  const resets = written.slice(first, last).toSorted(byPath)
  return [...written.slice(0, first), ...resets, ...resetsSorted(written.slice(last))]
}

function byPath(one: TracedWrite, other: TracedWrite): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1
}

test('a write is seen whatever follows it in the memory of who writes', async () => {
  const { agent } = lab
  const attribute = `/sys/bus/pci/devices/${SRIOV_ADDRESS}/sriov_drivers_autoprobe`
  const text = (await agent.text(attribute)).trim()
  const write =
    `const memory = Buffer.alloc(65536, "x"); memory.write("${text}"); ` +
    `fs.writeSync(fs.openSync("${attribute}", "w"), memory, 0, ${text.length})`
  await tracedWrites(agent)

  await tracedShell(agent, `exec ${GUEST_NODE.join(' ')} -e '${write}'`)

  expect(await tracedWrites(agent)).toEqual([{ to: 'sysfs', path: attribute, text }])
})

test('provisioning writes what its plan named', async () => {
  const asked = [
    { ioQueuePairs: 3, nsid: 2 },
    { ioQueuePairs: 2, nsid: 3 },
  ]
  const written = await asPlanned(...(await provisionRequest(lab.client, asked, 'nvme')))

  // At least: the count of VFs; of each VF its VQ, VI, online, a namespace, an override and a probe.
  expect(written).toBeGreaterThan(12)
})

test('assigning a VF and a controller writes what their plans named', async () => {
  const { client } = lab
  const [vf] = await provisionedVfs(client)
  const plain = await plainController(client)

  const ofVf = await asPlanned('POST', '/v1/assignments', {
    virtualFunctionId: vf?.id,
    consumer: 'vm-1',
    ...TRUSTED,
  })
  const ofController = await asPlanned('POST', '/v1/assignments', {
    controllerId: plain.id,
    consumer: 'vm-2',
  })

  expect([ofVf, ofController]).toEqual([3, 3])
})

test('releasing them, erased, writes what the plans named', async () => {
  const { client } = lab
  const standing = await client.list<AssignmentView>('/v1/assignments')

  for (const { id } of standing) {
    expect(await asPlanned('POST', `/v1/assignments/${id}/release`, {})).toBeGreaterThan(10)
  }

  expect(standing).toHaveLength(2)
})

test('retiring writes what the plans named, and leaves the machine as it was found', async () => {
  const { client, agent, found } = lab

  for (const { id } of await provisionedVfs(client)) {
    expect(await asPlanned('DELETE', `/v1/virtualFunctions/${id}`)).toBeGreaterThan(2)
  }

  expect(await machineSnapshot(agent)).toEqual(found)
})

/** Secondaries are changed by as few commands as it takes, and found as they should be afterwards. */
import { expect, test } from 'vitest'
import type { HostChange } from '../../src/host/change.ts'
import { KernelError } from '../../src/kernel/kernel-error.ts'
import { CNS, OPCODE } from '../../src/nvme/admin-commands.ts'
import {
  capturedHost,
  context,
  done,
  failureOf,
  pf,
  type CapturedHost,
} from './captured-host.ts'
import { PF } from './captured-machine.ts'

test('resources, online and offline in their order', async () => {
  const { host, drive } = capturedHost()
  const apply = (change: HostChange) => host.apply(change, context)

  await apply({ change: 'assignResources', pf, cntlid: 1, resource: 'vq', count: 4 })
  await apply({ change: 'assignResources', pf, cntlid: 1, resource: 'vi', count: 3 })
  expect(await apply({ change: 'bringOnline', pf, cntlid: 1 })).toEqual(
    done('bring controller 1 online through /dev/nvme0')
  )
  expect(drive.secondaries[0]).toMatchObject({ online: true, vq: 4, vi: 3 })
  expect(await apply({ change: 'bringOnline', pf, cntlid: 1 })).toEqual(done())

  await apply({ change: 'takeOffline', pf, cntlid: 1 })
  expect(drive.secondaries[0]).toMatchObject({ online: false, vq: 0, vi: 0 })
})

test('of several secondaries those go online that are not, and the list is read twice for all', async () => {
  const { host, drive, machine } = capturedHost()
  for (const cntlid of [1, 2])
    await host.apply({ change: 'assignBoth', pf, cntlid, vq: 2, vi: 2 }, context)
  await host.apply({ change: 'bringOnline', pf, cntlid: 1 }, context)
  const before = listsRead(machine)

  const change = { change: 'bringEachOnline', pf, cntlids: [1, 2] } as const
  const outcome = await host.apply(change, context)

  expect(outcome).toEqual(done('bring controller 2 online through /dev/nvme0'))
  expect(drive.secondaries.slice(0, 2)).toMatchObject([{ online: true }, { online: true }])
  expect(listsRead(machine) - before).toBe(2)
  expect(await host.apply(change, context)).toEqual(done())
})

test('of several secondaries the first that a drive refuses is named; those before it are online, and stay so', async () => {
  const { host, drive } = capturedHost()
  for (const cntlid of [1, 2, 3])
    await host.apply({ change: 'assignBoth', pf, cntlid, vq: 2, vi: 2 }, context)
  Object.assign(drive.secondaries[1] ?? {}, { vq: 0 })
  const change = { change: 'bringEachOnline', pf, cntlids: [1, 2, 3] } as const

  await expect(host.apply(change, context)).rejects.toMatchObject({
    message: expect.stringContaining('controller 2') as string,
    failure: { kind: 'nvme-refused', status: 0x120 },
  })
  const states = drive.secondaries.slice(0, 3).map(({ online }) => online)
  expect(states).toEqual([true, false, false])

  Object.assign(drive.secondaries[1] ?? {}, { vq: 2 })
  expect(await host.apply(change, context)).toEqual(
    done(
      'bring controller 2 online through /dev/nvme0',
      'bring controller 3 online through /dev/nvme0'
    )
  )
})

test('an error of the kernel tells which of several commands it was, and of which drive', async () => {
  const { host, machine } = capturedHost()
  const vi = (1 << 8) | (1 << 16) | 8 // RT 1, controller 1, ACT 8
  machine.before = (call) =>
    call.call === 'admin' && call.command.cdw10 === vi
      ? Promise.reject(new KernelError('admin', '/dev/nvme0', 'EIO'))
      : Promise.resolve()

  const change = { change: 'assignBoth', pf, cntlid: 1, vq: 2, vi: 3 } as const

  await expect(host.apply(change, context)).rejects.toMatchObject({
    message: `assign 3 VI to controller 1 through ${PF}`,
    failure: { kind: 'kernel-refused', errno: 'EIO' },
  })
})

test('each of several commands goes to the controller that is the function’s by then', async () => {
  const { host, machine } = capturedHost()
  machine.before = async (call) => {
    if (call.call === 'admin' && call.command.opcode === OPCODE.virtualizationManagement)
      machine.files.text('/sys/class/nvme/nvme0/state', 'resetting\n')
  }
  const change = { change: 'assignBoth', pf, cntlid: 1, vq: 2, vi: 3 } as const

  expect(await failureOf(host.apply(change, context))).toEqual({
    kind: 'controller-not-live',
    state: 'resetting',
  })
})

test('the resources of a secondary that is online are not changed', async () => {
  const { host, drive } = capturedHost()
  const held = { change: 'assignBoth', pf, cntlid: 1, vq: 2, vi: 2 } as const
  await host.apply(held, context)
  await host.apply({ change: 'bringOnline', pf, cntlid: 1 }, context)

  const failure = await failureOf(host.apply({ ...held, vq: 4, vi: 4 }, context))

  expect(failure).toMatchObject({ kind: 'nvme-refused', status: 0x120 })
  expect(drive.secondaries[0]).toMatchObject({ online: true, vq: 2, vi: 2 })
  expect(await host.apply(held, context)).toEqual(done())
})

test('all that is not as it should be is told, of resources and of states', async () => {
  const { host, drive } = capturedHost()
  drive.inert = true

  const resources = { change: 'assignBoth', pf, cntlid: 1, vq: 4, vi: 3 } as const
  expect(await failureOf(host.apply(resources, context))).toMatchObject({
    expected: '4 VQ, 3 VI',
    found: '0 VQ, 0 VI',
  })
  const states = { change: 'bringEachOnline', pf, cntlids: [1, 2] } as const
  expect(await failureOf(host.apply(states, context))).toMatchObject({
    expected: 'controller 1 online, controller 2 online',
    found: 'controller 1 offline, controller 2 offline',
  })
})

test('of several secondaries one that is not there keeps all from being changed', async () => {
  const { host, drive } = capturedHost()
  await host.apply({ change: 'assignBoth', pf, cntlid: 1, vq: 2, vi: 2 }, context)
  const change = { change: 'bringEachOnline', pf, cntlids: [1, 99] } as const

  expect(await failureOf(host.apply(change, context))).toEqual({
    kind: 'gone',
    what: `secondary controller 99 of ${PF}`,
  })
  expect(drive.secondaries[0]).toMatchObject({ online: false })
})

test('resources that an offline secondary still holds are taken back', async () => {
  const { host, drive } = capturedHost()
  Object.assign(drive.secondaries[1] ?? {}, { vi: 2 })

  const outcome = await host.apply({ change: 'takeOffline', pf, cntlid: 2 }, context)

  expect(outcome).toEqual(done('take controller 2 offline through /dev/nvme0'))
})

/** How often the drive was asked for its secondaries. */
function listsRead({ laneCalls }: CapturedHost['machine']): number {
  return laneCalls.filter(
    ({ call }) =>
      call.call === 'admin' &&
      call.command.opcode === OPCODE.identify &&
      ((call.command.cdw10 ?? 0) & 0xff) === CNS.secondaryList
  ).length
}

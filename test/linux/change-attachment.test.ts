import { expect, test } from 'vitest'
import { CNS, OPCODE } from '../../src/nvme/admin-commands.ts'
import { decodeControllerList } from '../../src/nvme/id-lists.ts'
import { STATUS } from '../../src/nvme/status.ts'
import { capturedHost, context, done, failureOf, pf } from './captured-host.ts'
import { status } from './captured-machine.ts'

test.for(['attachNamespace', 'detachNamespace'] as const)(
  '%s of a namespace that was deleted is gone',
  async (change) => {
    const { host, drive } = capturedHost()
    drive.attached.delete(2)

    const failure = await failureOf(host.apply({ change, pf, nsid: 2, cntlid: 1 }, context))

    expect(failure).toEqual({ kind: 'gone', what: 'namespace 2' })
  }
)

test('a namespace that is there, or cannot be listed, is refused as the drive does', async () => {
  const { host, machine, drive } = capturedHost()
  let lists = true
  machine.admin = (name, command) => {
    const isList =
      command.opcode === OPCODE.identify && command.cdw10 === CNS.allocatedNamespaces
    if (command.opcode === OPCODE.namespaceAttachment || (isList && !lists))
      return status(0x4002)
    return drive.answer(name, command)
  }
  const attach = () =>
    failureOf(host.apply({ change: 'attachNamespace', pf, nsid: 2, cntlid: 1 }, context))

  const listed = await attach()
  lists = false
  const unlisted = await attach()

  const refused = {
    kind: 'nvme-refused',
    status: 2,
    statusName: 'Invalid Field in Command',
  }
  expect([listed, unlisted]).toEqual([refused, refused])
})

test('somebody who attached in the meantime does no harm', async () => {
  const { host, machine, drive } = capturedHost()
  machine.admin = (name, command) => {
    if (command.opcode === OPCODE.namespaceAttachment) drive.attached.set(2, [1])
    return drive.answer(name, command)
  }

  const outcome = await host.apply(
    { change: 'attachNamespace', pf, nsid: 2, cntlid: 1 },
    context
  )

  expect(outcome.outcome).toBe('done')
})

test('detach is never sent for a namespace that is not attached', async () => {
  const { host, machine, drive } = capturedHost()
  machine.admin = (name, command) => {
    if (command.opcode === OPCODE.namespaceAttachment) throw new Error('QEMU aborts')
    return drive.answer(name, command)
  }

  const outcome = await host.apply(
    { change: 'detachNamespace', pf, nsid: 3, cntlid: 1 },
    context
  )

  expect(outcome).toEqual(done())
})

test('several controllers are detached by one command, and only those that are attached', async () => {
  const { host, machine, drive } = capturedHost()
  drive.attached.set(2, [1, 3, 4])
  const lists: (readonly number[])[] = []
  machine.admin = (name, command) => {
    if (command.opcode === OPCODE.namespaceAttachment)
      lists.push(decodeControllerList(command.dataOut ?? new Uint8Array(0)))
    return drive.answer(name, command)
  }

  const change = { change: 'detachFromEach', pf, nsid: 2, cntlids: [1, 2, 3] } as const
  const outcome = await host.apply(change, context)

  expect(lists).toEqual([[1, 3]])
  expect(drive.attached.get(2)).toEqual([4])
  expect(outcome.outcome).toBe('done')
})

test('those behind one that somebody else has detached meanwhile are detached all the same', async () => {
  const { host, machine, drive } = capturedHost()
  drive.attached.set(2, [1, 2])
  let isFirst = true
  machine.admin = (name, command) => {
    if (command.opcode !== OPCODE.namespaceAttachment || !isFirst)
      return drive.answer(name, command)
    isFirst = false
    drive.attached.set(2, [2])
    return status(STATUS.namespaceNotAttached)
  }

  const change = { change: 'detachFromEach', pf, nsid: 2, cntlids: [1, 2] } as const
  const outcome = await host.apply(change, context)

  expect(outcome.outcome).toBe('done')
  expect(drive.attached.get(2)).toEqual([])
})

test('a drive that leaves some of a list as they were is told of with those', async () => {
  const { host, machine, drive } = capturedHost()
  drive.attached.set(2, [1, 2, 3])
  machine.admin = (name, command) => {
    if (command.opcode !== OPCODE.namespaceAttachment) return drive.answer(name, command)
    drive.attached.set(2, [2])
    return status(STATUS.success)
  }

  const failure = await failureOf(
    host.apply({ change: 'detachFromEach', pf, nsid: 2, cntlids: [1, 2, 3] }, context)
  )

  expect(failure).toEqual({
    kind: 'no-effect',
    expected: 'not attached',
    found: 'attached: controllers 2',
  })
})

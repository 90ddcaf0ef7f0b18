import { expect, test } from 'vitest'
import type { AdminCommand } from '../../src/kernel/call.ts'
import {
  CNS,
  createNamespace,
  deleteNamespace,
  FEATURE,
  getFeatures,
  getSmartLog,
  identify,
  namespaceAttachment,
  virtualizationManagement,
} from '../../src/nvme/admin-commands.ts'
import { decodeNamespaceLayout } from '../../src/nvme/namespace-layout.ts'
import { commandInWords } from '../../src/nvme/command-words.ts'

const LAYOUT = {
  sizeBlocks: 2 ** 40 + 5,
  capacityBlocks: 2 ** 40,
  formatByte: 0x11,
  protectionByte: 0x0a,
  shared: true,
  anaGroup: 0xfffffffe,
  nvmSet: 3,
  enduranceGroup: 4,
}

test('what is created is what Identify tells, field by field', () => {
  const { dataOut } = createNamespace(LAYOUT)

  const bytes = Buffer.from(dataOut ?? [])
  expect(bytes.readBigUInt64LE(0)).toBe(2n ** 40n + 5n)
  expect(bytes.readBigUInt64LE(8)).toBe(2n ** 40n)
  expect([bytes[26], bytes[29], bytes[30]]).toEqual([0x11, 0x0a, 1])
  expect(bytes.readUInt32LE(92)).toBe(0xfffffffe)
  expect([bytes.readUInt16LE(100), bytes.readUInt16LE(102)]).toEqual([3, 4])
  expect(decodeNamespaceLayout(bytes)).toEqual(LAYOUT)
})

test('one namespace is deleted, and never all of them', () => {
  expect(deleteNamespace(7)).toMatchObject({ opcode: 0x0d, nsid: 7, cdw10: 1 })
  expect(() => deleteNamespace(0xffffffff)).toThrow('NSID is 4294967295')
  expect(() => deleteNamespace(0)).toThrow('NSID is 0')
})

test('every command can be given to the kernel seam', () => {
  const commands: readonly AdminCommand[] = [
    identify(CNS.controller),
    getSmartLog(),
    getFeatures(FEATURE.numberOfQueues),
    virtualizationManagement({ act: 'online', cntlid: 1 }),
    namespaceAttachment('attach', 1, [1]),
    createNamespace(LAYOUT),
    deleteNamespace(1),
  ]

  const opcodes = [0x06, 0x02, 0x0a, 0x1c, 0x15, 0x0d, 0x0d]
  expect(commands.map(({ opcode }) => opcode)).toEqual(opcodes)
})

test('Identify carries CNS, controller and namespace in their fields', () => {
  expect(identify(CNS.secondaryList, { cntid: 0xfffe })).toEqual({
    opcode: 0x06,
    nsid: 0,
    cdw10: 0xfffe0015,
    dataInLength: 4096,
  })
  expect(identify(CNS.allocatedNamespace, { nsid: 7 })).toMatchObject({
    nsid: 7,
    cdw10: 0x11,
  })
})

test('the SMART log is asked for with all of its 128 dwords', () => {
  expect(getSmartLog()).toEqual({
    opcode: 0x02,
    nsid: 0xffffffff,
    cdw10: 0x007f0002,
    dataInLength: 512,
  })
})

test.for([
  { action: { act: 'offline', cntlid: 1 }, cdw10: 0x00010007, cdw11: 0 },
  { action: { act: 'online', cntlid: 1 }, cdw10: 0x00010009, cdw11: 0 },
  {
    action: { act: 'assign', cntlid: 1, resource: 'vq', count: 3 },
    cdw10: 0x00010008,
    cdw11: 3,
  },
  {
    action: { act: 'allocate', cntlid: 0, resource: 'vq', count: 0 },
    cdw10: 0x00000001,
    cdw11: 0,
  },
  {
    action: { act: 'allocate', cntlid: 0x41, resource: 'vi', count: 4 },
    cdw10: 0x00410101,
    cdw11: 4,
  },
  {
    action: { act: 'assign', cntlid: 1, resource: 'vi', count: 3 },
    cdw10: 0x00010108,
    cdw11: 3,
  },
  { action: { act: 'offline', cntlid: 0xffff }, cdw10: 0xffff0007, cdw11: 0 },
] as const)(
  'Virtualization Management $action is $cdw10, $cdw11',
  ({ action, cdw10, cdw11 }) => {
    expect(virtualizationManagement(action)).toEqual({ opcode: 0x1c, cdw10, cdw11 })
  }
)

test('attachment names one namespace and its controllers, in a list of 4096 bytes', () => {
  const command = namespaceAttachment('detach', 2, [9, 300])

  expect(command).toMatchObject({ opcode: 0x15, nsid: 2, cdw10: 1 })
  expect(command.dataOut).toHaveLength(4096)
  expect(Array.from(command.dataOut?.subarray(0, 8) ?? [])).toEqual([
    2, 0, 9, 0, 44, 1, 0, 0,
  ])
})

test.for([
  {
    what: 'a cntlid of 17 bits',
    build: () => virtualizationManagement({ act: 'online', cntlid: 0x10000 }),
  },
  {
    what: 'a count of 17 bits',
    build: () =>
      virtualizationManagement({
        act: 'assign',
        cntlid: 1,
        resource: 'vq',
        count: 0x10000,
      }),
  },
  {
    what: 'a negative count',
    build: () =>
      virtualizationManagement({ act: 'assign', cntlid: 1, resource: 'vi', count: -1 }),
  },
  {
    what: 'the broadcast namespace',
    build: () => namespaceAttachment('attach', 0xffffffff, [1]),
  },
  { what: 'no controller', build: () => namespaceAttachment('attach', 1, []) },
  {
    what: 'more controllers than a list holds',
    build: () =>
      namespaceAttachment(
        'attach',
        1,
        Array.from({ length: 2048 }, (_, n) => n)
      ),
  },
  { what: 'namespace 0', build: () => namespaceAttachment('attach', 0, [1]) },
  { what: 'half a namespace id', build: () => identify(CNS.namespace, { nsid: 1.5 }) },
])('a number that does not fit its field is a bug: $what', ({ build }) => {
  expect(build).toThrow(RangeError)
})

test.for([
  {
    command: virtualizationManagement({
      act: 'assign',
      cntlid: 1,
      resource: 'vi',
      count: 3,
    }),
    words: 'assign 3 VI to controller 1',
  },
  {
    command: virtualizationManagement({ act: 'offline', cntlid: 2 }),
    words: 'take controller 2 offline',
  },
  {
    command: namespaceAttachment('attach', 2, [1]),
    words: 'attach namespace 2 to controller 1',
  },
  {
    command: namespaceAttachment('detach', 2, [1]),
    words: 'detach namespace 2 from controller 1',
  },
  {
    command: namespaceAttachment('detach', 2, [1, 3]),
    words: 'detach namespace 2 from controllers 1, 3',
  },
  {
    command: identify(CNS.attachedControllers, { nsid: 4 }),
    words: 'Identify CNS 12h of namespace 4',
  },
  { command: getSmartLog(), words: 'Get Log Page 02h' },
  { command: { opcode: 0x84 }, words: 'admin command 84h' },
])('a command in words: $words', ({ command, words }) => {
  expect(commandInWords(command)).toBe(words)
})

/**
 * Moves by NVMe admin commands: one command, or several that belong together. Only what the kernel room lets through.
 * Source: NVMe Base 2.1, "Admin Command Set".
 */
import fc from 'fast-check'
import { LAB_PF } from '../contract/world.ts'
import { anyFunction } from './any-function.ts'
import type { Command } from './commands.ts'

const OPCODE = { log: 0x02, identify: 0x06, getFeatures: 0x0a, attach: 0x15, virt: 0x1c }

/** Mostly the primary: what others answer is part of the test as well. */
const commanded = fc.oneof(
  { weight: 5, arbitrary: fc.constant(LAB_PF) },
  { weight: 2, arbitrary: anyFunction }
)

const cntlid = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 9 }) },
  { weight: 1, arbitrary: fc.constantFrom(99, 0xffff) }
)

type Virt = {
  readonly action: number
  readonly cntlid: number
  readonly resource?: number
  readonly count?: number
}

export function virtualization(address: string, virt: Virt): Command {
  const { action, resource = 0, count: cdw11 = 0 } = virt
  const cdw10 = (action | (resource << 8) | (virt.cntlid << 16)) >>> 0
  const command = { opcode: OPCODE.virt, cdw10, cdw11 }
  return { do: 'admin', address, command, compare: 'result' }
}

const resources = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 9 }) },
  { weight: 1, arbitrary: fc.constantFrom(16, 24, 25, 32, 33, 0xffff, 0x10002) }
)

export const anyVirtualization = fc
  .record({
    action: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(7, 8, 8, 8, 9, 9) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 15 }) }
    ),
    cntlid,
    resource: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(0, 1) },
      { weight: 1, arbitrary: fc.integer({ min: 2, max: 7 }) }
    ),
    count: resources,
  })
  .chain((virt) => commanded.map((address) => [virtualization(address, virt)]))

/** What a VF of that number needs before it may come online, and that. */
export function assignedOnline(
  vfNumber: number,
  { vq, vi }: { readonly vq: number; readonly vi: number }
): readonly Command[] {
  return [
    virtualization(LAB_PF, { action: 8, cntlid: vfNumber, resource: 0, count: vq }),
    virtualization(LAB_PF, { action: 8, cntlid: vfNumber, resource: 1, count: vi }),
    virtualization(LAB_PF, { action: 9, cntlid: vfNumber }),
  ]
}

export const provisioning = (vfNumber: number) =>
  fc
    .record({ vq: fc.integer({ min: 2, max: 8 }), vi: fc.integer({ min: 1, max: 6 }) })
    .map((size) => assignedOnline(vfNumber, size))

export const provision = fc.integer({ min: 1, max: 4 }).chain(provisioning)

const nsid = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 5, 9, 0xfffffffe, 0xffffffff) }
)

export const attachment = fc
  .record({
    nsid,
    select: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(0, 1) },
      { weight: 1, arbitrary: fc.constantFrom(2, 15, 16) }
    ),
    controllers: fc.oneof(
      fc.constantFrom([0], [1], [1], [2], [1, 2], [0, 1]),
      fc.array(cntlid, { minLength: 0, maxLength: 3 })
    ),
    address: commanded,
  })
  .map(({ nsid: of, select, controllers, address }): readonly Command[] => [
    {
      do: 'admin',
      address,
      command: { opcode: OPCODE.attach, nsid: of, cdw10: select },
      controllers,
      compare: 'result',
    },
  ])

export const identify = fc
  .record({
    cns: fc.oneof(
      {
        weight: 8,
        arbitrary: fc.constantFrom(0, 1, 2, 3, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15),
      },
      { weight: 1, arbitrary: fc.constantFrom(4, 0x16, 0x20, 0xff) }
    ),
    nsid,
    cntid: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: cntlid }
    ),
    address: commanded,
  })
  .map(({ cns, nsid: of, cntid, address }): readonly Command[] => [
    {
      do: 'admin',
      address,
      command: {
        opcode: OPCODE.identify,
        nsid: of,
        cdw10: (cns | (cntid << 16)) >>> 0,
        dataInLength: 4096,
      },
      compare: 'data',
    },
  ])

/** No times. */
const FEATURES = [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x10, 0x19, 0x80, 0]

export const features = fc
  .record({
    id: fc.constantFrom(...FEATURES),
    select: fc.integer({ min: 0, max: 4 }),
    nsid,
    cdw11: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 9 })),
    address: commanded,
  })
  .map(({ id, select, nsid: of, cdw11, address }): readonly Command[] => [
    {
      do: 'admin',
      address,
      command: {
        opcode: OPCODE.getFeatures,
        nsid: of,
        cdw10: id | (select << 8),
        cdw11,
        dataInLength: 4096,
      },
      compare: 'result',
    },
  ])

/** Counters differ; statuses must not. Offsets and lengths of every kind. */
export const logs = fc
  .record({
    page: fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 0x81),
    dwords: fc.constantFrom(0, 15, 127, 1023),
    offset: fc.constantFrom(0, 0, 4, 6, 64, 512, 4096),
    nsid: fc.oneof(fc.constantFrom(0, 0xffffffff), nsid),
    address: commanded,
  })
  .map(({ page, dwords, offset, nsid: of, address }): readonly Command[] => [
    {
      do: 'admin',
      address,
      command: {
        opcode: OPCODE.log,
        nsid: of,
        cdw10: page | (dwords << 16),
        cdw12: offset,
        dataInLength: 4096,
      },
      compare: page === 3 || page === 5 ? 'data' : 'status',
    },
  ])

/** The first block of a disk, as whoever has it on the host reads and writes it. */
import type { World } from './world.ts'

const TO_COME_BACK = { deadlineMs: 1_000 }
const BLOCK = 4096

export async function writeOn(world: World, disk: string, text: string): Promise<void> {
  await held(world, disk, {
    call: 'writeBlocks',
    offset: 0,
    bytes: Buffer.alloc(BLOCK, text),
  })
}

export async function readFrom(world: World, disk: string): Promise<string> {
  const bytes = await held(world, disk, { call: 'readBlocks', offset: 0, length: BLOCK })
  return Buffer.from(bytes ?? []).toString('latin1')
}

export type OnDisk =
  | { readonly call: 'writeBlocks'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly call: 'readBlocks'; readonly offset: number; readonly length: number }

/** As whoever has the disk on the host. */
export async function held({ machine }: World, disk: string, call: OnDisk) {
  const path = `/dev/${disk}`
  const lane = machine.kernel.lane('by hand')
  await lane.call({ call: 'holdDisk', path }, TO_COME_BACK)
  const reply = await lane.call({ ...call, path }, TO_COME_BACK)
  await lane.call({ call: 'letGoDisk', path }, TO_COME_BACK)
  if (!reply.done) throw new Error(`${path} does not come back`)
  return reply.answer
}

/**
 * Gives a burst to all members of a channel. First it looks who of them can be written to at once, and then it writes to
 * these, one system call after the other: what is known of a thousand clients lies all over the memory, and is fetched many
 * at a time while no call into the kernel comes in between. Nothing else runs meanwhile, so that what was seen stays so.
 */
import type { Burst } from './burst.ts'
import type { Outbox } from './outbox.ts'
import { NO_DESCRIPTOR, straightWrite } from './straight-write.ts'

/** Used again by each call; room for as many as there ever were. */
const clear: Outbox[] = []
let descriptors = new Int32Array(64)

/** @returns how many frames were left out, for all members together */
export function fanOut(
  channel: number,
  burst: Burst,
  members: ReadonlySet<Outbox>
): number {
  let dropped = 0
  if (descriptors.length < members.size) descriptors = new Int32Array(2 * members.size)
  for (const member of members) {
    const fd = member.descriptor()
    if (fd === NO_DESCRIPTOR) dropped += member.deliver(channel, burst)
    else descriptors[clear.push(member) - 1] = fd
  }
  writeToAll(burst.bytes)
  return dropped
}

function writeToAll(bytes: Buffer): void {
  for (let n = 0; n < clear.length; n++) {
    const taken = straightWrite(descriptors[n]!, bytes) // as many as are clear
    if (taken < bytes.length) clear[n]!.write(taken === 0 ? bytes : bytes.subarray(taken))
  }
  clear.length = 0
}

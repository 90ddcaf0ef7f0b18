/**
 * A payload as permessage-deflate has it: deflated by itself, without what was before it, so that one piece of bytes is for
 * everybody who has agreed to `server_no_context_takeover`. Source: RFC 7692, "Compression".
 */
import { constants, deflateRawSync } from 'node:zlib'

/** Costs about what 1 does on frames, which a higher level makes little smaller. */
const OPTIONS = { level: 3, finishFlush: constants.Z_SYNC_FLUSH }
/** 00 00 ff ff, with which each flush ends: the reader puts it there again. */
const TAIL_BYTES = 4

/** null: it would not be smaller; a message may come as it is, whatever was agreed to. */
export function deflated(payload: Uint8Array): Buffer | null {
  const whole = deflateRawSync(payload, OPTIONS)
  const length = whole.length - TAIL_BYTES
  return length < payload.length ? whole.subarray(0, length) : null
}

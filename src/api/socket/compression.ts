/**
 * Which clients get compressed frames: those that offer permessage-deflate and ask for it, by `?compress=true`. Browsers and
 * most libraries offer it unasked, and a client without need of it would only pay for it, as would we.
 *
 * Frames are compressed once for all who share a channel, so nothing may be taken over from one message to the next, and
 * the window is the whole one: an offer that bounds it is not taken up, and that client's frames come as they are. `ws`
 * itself compresses nothing, so that it never holds a message back (outbox.ts); it makes a state to inflate with when a
 * client sends something compressed, and one to deflate with never (ws 8, lib/permessage-deflate.js).
 */
import type { IncomingMessage } from 'node:http'

/** Options of `ws`. */
export const PER_MESSAGE_DEFLATE = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  threshold: Infinity,
} as const

const BOUNDED_WINDOW = /server_max_window_bits/i

/** Before the handshake: leaves an offer only where it is to be taken up. */
export function keepOfferIfAsked(asked: boolean, { headers }: IncomingMessage): void {
  const offer = headers['sec-websocket-extensions']
  if (offer === undefined) return
  if (!asked || BOUNDED_WINDOW.test(offer)) delete headers['sec-websocket-extensions']
}

/** After it. @param extensions of a `ws` */
export function hasAgreed({ extensions }: { readonly extensions: string }): boolean {
  return extensions.split(',').includes('permessage-deflate')
}

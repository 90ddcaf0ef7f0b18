/** The admin's token: made by the first start, kept in a file that only its owner can read. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'
import { ControlPlaneError } from '../errors.ts'
import type { Caller } from './caller.ts'
import { ADMIN, DEMO } from './caller.ts'
import { readOrMake } from './made-once.ts'

/** Safe to repeat: the second start reads what the first made. @param folder NVIRT_DATA */
export function readOrMakeToken(folder: string): string {
  const path = join(folder, 'token')
  const token = readOrMake(path, () => randomBytes(32).toString('base64url'))
  if (token === '')
    throw new Error(`${path} is empty: remove it, and the next start makes a token`)
  return token
}

/**
 * Who asks, by the value of an Authorization header.
 *
 * @param token null: no token is asked for, everybody is `demo`
 */
export function authenticator(
  token: string | null
): (authorization: string | undefined) => Caller {
  if (token === null) return () => DEMO
  const expected = digest(token)
  return (authorization) => {
    if (authorization === undefined) throw refusal('no token was sent')
    const sent = /^Bearer +([\w.~+/=-]+) *$/i.exec(authorization)?.[1]
    if (sent === undefined) throw refusal('the Authorization header is not `Bearer TOKEN`')
    // Digests have one length, whatever was sent, and comparing them takes one time.
    if (!timingSafeEqual(digest(sent), expected)) throw refusal('the token is wrong')
    return ADMIN
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function refusal(reason: string): ControlPlaneError {
  return new ControlPlaneError('finding out who asks', { kind: 'unauthenticated', reason })
}

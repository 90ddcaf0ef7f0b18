/**
 * A drill happens in the emulator, which no transaction of ours can hold: so its key is taken before, and the answer kept
 * after it, with the event that tells of it. Where nobody knows how it ended, the key stays without an answer, and whoever
 * comes with it again is told so: a reboot that may have happened is not made to happen twice. So it is when this process
 * dies in between, when the emulator goes before it has answered, and when the answer cannot be kept.
 */
import type { Caller } from '../access/caller.ts'
import { isoTime, type Clock } from '../clock.ts'
import { ControlPlaneError } from '../errors.ts'
import { HostDriverError } from '../host/driver.ts'
import { IdempotencyTaken, type KnownKey } from '../store/store.ts'
import type { Store, StoreWrite } from '../store/store.ts'
import type { IdempotencyKey } from './drills.ts'

type Kept = NonNullable<KnownKey['answer']>

/** A drill that has been held, and the event that is to tell of it. */
export type Held<Answer> = { readonly answer: Answer; readonly told: StoreWrite }

/** @throws ControlPlaneError idempotency-conflict; what the work throws: the key is free again if nothing was done */
export async function answerOnce<Answer extends Kept>(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  { tenant }: Caller,
  key: IdempotencyKey,
  work: () => Promise<Held<Answer>>
): Promise<Answer> {
  const at = isoTime(clock.nowMs())
  const before = store.read.idempotencyKey(tenant, key.key)
  if (before) return answerOf(before, key)
  try {
    await store.commit([
      { write: 'putIdempotencyKey', tenant, ...key, operationId: null, at },
    ])
  } catch (error) {
    const other = store.read.idempotencyKey(tenant, key.key)
    if (error instanceof IdempotencyTaken && other) return answerOf(other, key)
    throw error
  }
  const settling = (answer: Answer | null) =>
    ({ write: 'settleIdempotencyKey', tenant, key: key.key, answer }) as const
  let held: Held<Answer>
  try {
    held = await work()
  } catch (error) {
    if (isUndone(error)) await store.commit([settling(null)])
    throw error
  }
  await store.commit([held.told, settling(held.answer)])
  return held.answer
}

/** It was refused, or nobody was there to be asked. After any other error it may have been done. */
function isUndone(error: unknown): boolean {
  if (!(error instanceof ControlPlaneError)) return false
  const { cause } = error
  if (cause === undefined) return true
  return cause instanceof HostDriverError && cause.failure.kind === 'gone'
}

function answerOf<Answer extends Kept>(
  { requestHash, answer }: KnownKey,
  { key, requestHash: now }: IdempotencyKey
): Answer {
  const isSame = requestHash === now
  if (isSame && answer !== null) return answer as Answer // kept for this very request
  throw new ControlPlaneError(`answering again for Idempotency-Key ${key}`, {
    kind: 'idempotency-conflict',
    key,
    ...(isSame && { unanswered: true }),
  })
}

/**
 * A drill happens in the emulator, which no transaction of ours can hold: so its key is taken before, and the answer kept
 * after it. A process that dies in between leaves a key without an answer, and whoever comes with it again is told so:
 * a reboot that may have happened is not made to happen twice.
 */
import type { Caller } from '../access/caller.ts'
import { isoTime, type Clock } from '../clock.ts'
import { ControlPlaneError } from '../errors.ts'
import { IdempotencyTaken, type KnownKey, type Store } from '../store/store.ts'
import type { IdempotencyKey } from './drills.ts'

type Kept = NonNullable<KnownKey['answer']>

/** @throws ControlPlaneError idempotency-conflict; what the work throws, and then the key is free again */
export async function answerOnce<Answer extends Kept>(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  { tenant }: Caller,
  key: IdempotencyKey,
  work: () => Promise<Answer>
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
  const settle = (answer: Answer | null) =>
    store.commit([{ write: 'settleIdempotencyKey', tenant, key: key.key, answer }])
  let answer: Answer
  try {
    answer = await work()
  } catch (error) {
    await settle(null)
    throw error
  }
  await settle(answer)
  return answer
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

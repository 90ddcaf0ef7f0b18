/**
 * Answers that came after a call's deadline, when nobody waited for them any more: whoever made the call takes its answer
 * here. Only of calls that were made under a name, since the answer to a question that was asked long ago is no answer now.
 */
import { isDeepStrictEqual } from 'node:util'
import type { KernelAnswer, KernelCall } from './call.ts'

export interface LateAnswers {
  /** @param answer has come already; that it may be a failure hurts nobody */
  readonly keep: <C extends KernelCall>(
    name: string,
    call: C,
    answer: Promise<KernelAnswer<C>>
  ) => void
  /** Once. undefined: none has come. @throws {KernelError} what the call failed of */
  readonly take: <C extends KernelCall>(
    name: string,
    call: C
  ) => Promise<KernelAnswer<C> | undefined>
}

export function lateAnswers(): LateAnswers {
  const kept = new Map<
    string,
    { readonly call: KernelCall; readonly answer: Promise<unknown> }
  >()
  return {
    keep: (name, call, answer) => {
      answer.catch(() => {})
      kept.set(name, { call, answer })
    },
    take: async <C extends KernelCall>(name: string, call: C) => {
      const late = kept.get(name)
      if (!isDeepStrictEqual(late?.call, call)) return undefined
      kept.delete(name)
      // The same call has an answer of the same kind.
      return late?.answer as Promise<KernelAnswer<C>>
    },
  }
}

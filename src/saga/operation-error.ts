/** What went wrong, as data: logged, shown, and still there when the process that threw it is not. */
import type { Json, OperationError } from './workflow.ts'

export function toOperationError(step: string, thrown: unknown): OperationError {
  const [first, ...causes] = chainOf(thrown)
  return {
    step,
    message: first === undefined ? 'failed without a reason' : messageOf(first),
    causes: causes.map(messageOf),
    detail: detailOf([first, ...causes]),
  }
}

function chainOf(thrown: unknown): unknown[] {
  if (thrown === undefined) return []
  const cause = thrown instanceof Error ? thrown.cause : undefined
  return [thrown, ...chainOf(cause)]
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : JSON.stringify(thrown)
}

/** The typed part of the outermost error that has one: each room's error class keeps it under one of these names. */
function detailOf(chain: readonly unknown[]): Json {
  for (const error of chain) {
    if (!(error instanceof Error)) continue
    if ('trouble' in error) return toJson(error.trouble)
    if ('failure' in error) return toJson(error.failure)
    if ('problem' in error) return toJson(error.problem)
  }
  return null
}

function toJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value ?? null)) as Json // what JSON.parse gives is JSON
}

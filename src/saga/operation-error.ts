/**
 * What went wrong, as data: logged, shown, and still there when the process that threw it is not. Whatever was thrown, this
 * does not throw: an error that cannot be recorded would end the operation without one.
 */
import type { Json, OperationError } from './workflow.ts'

/** Of a chain of causes; one that leads back to itself has no end. */
const MOST_CAUSES = 20

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
  const chain: unknown[] = []
  let next = thrown
  while (next !== undefined && chain.length < MOST_CAUSES && !chain.includes(next)) {
    chain.push(next)
    next = next instanceof Error ? next.cause : undefined
  }
  return chain
}

function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message
  return asText(thrown) ?? String(thrown)
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
  return JSON.parse(asText(value) ?? 'null') as Json // what JSON.parse gives is JSON
}

/** undefined: it has no JSON (a function, a cycle), or refuses to be written. */
function asText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

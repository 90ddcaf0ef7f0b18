/** What a workflow is told of its operation when that ends, or is opened again. */
import type { OperationRecord } from './operation.ts'
import type { EndContext, OperationError } from './workflow.ts'

export function endContext(
  { id, params, actor, tenant, steps }: OperationRecord,
  error: OperationError | null,
  at: string
): EndContext {
  const done = steps.filter(({ output }) => output !== null)
  return {
    operationId: id,
    params,
    outputs: Object.fromEntries(done.map(({ name, output }) => [name, output])),
    error,
    actor,
    tenant,
    at,
  }
}

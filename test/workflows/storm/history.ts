/** What became of a host, for whoever has to find out why it is not as it was found. */
import type { OperationRecord } from '../../../src/saga/operation.ts'
import { operationsOf, type Storm } from './storm.ts'

/** A line for each of its operations, in their order: the steps that were begun, and what they wrote. */
export function historyOf(after: Storm, hostId: string): string {
  const { read } = after.service.now().store
  return operationsOf(after)
    .map(({ id }) => read.operation(null, id))
    .filter((one) => one !== undefined)
    .filter(({ params }) => JSON.stringify(params).includes(hostId))
    .toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
    .map(inWords)
    .join('\n')
}

function inWords(operation: OperationRecord): string {
  const { createdAt, updatedAt, workflow, state, params, steps, error } = operation
  const begun = steps
    .filter((step) => step.state !== 'pending')
    .map((step) => `  ${step.name} ${step.state} ${JSON.stringify(step.output)}`)
  const what = `${createdAt} to ${updatedAt} ${workflow} ${state} ${JSON.stringify(params)}`
  return [what, ...begun, `  ${JSON.stringify(error)}`].join('\n')
}

/** Each kind of trouble in words for people: what is wrong, and what to do about it. */
import type { AnyTrouble } from './problem.ts'

export type Explanation = { readonly detail: string; readonly remedy?: string }

export function explain(trouble: AnyTrouble): Explanation {
  switch (trouble.kind) {
    case 'malformed':
      return { detail: trouble.reason }
    case 'invalid':
      return { detail: `${trouble.field} ${trouble.reason}` }
    case 'invalid-fields':
      return {
        detail: trouble.errors
          .map(({ field, message }) => `${field} ${message}`)
          .join('; '),
      }
    case 'unauthenticated':
      return {
        detail: trouble.reason,
        remedy:
          'Send `Authorization: Bearer` with the token in the file `token` of the data folder',
      }
    case 'forbidden':
      return { detail: trouble.reason }
    case 'not-found':
      return { detail: `there is no ${trouble.resource} ${trouble.id}` }
    case 'no-such-route':
      return { detail: `there is no ${trouble.method} ${trouble.path}` }
    case 'method-not-allowed':
      return { detail: `allowed here: ${trouble.allowed.join(', ')}` }
    case 'wrong-state':
      return {
        detail: `the ${trouble.resource} is ${trouble.state}`,
        remedy:
          trouble.remedy ?? `It can be done when it is ${trouble.allowedFrom.join(' or ')}`,
      }
    case 'conflict':
      return {
        detail: `operation ${trouble.operationId} is changing ${trouble.device}`,
        remedy: 'Wait until that operation has ended',
      }
    case 'idempotency-conflict':
      if (trouble.unanswered) {
        return {
          detail: `the request that came first with the key ${trouble.key} has no answer: it is being made, or how it ended is not known`,
          remedy: 'Look whether it was done, and use a new key if it was not',
        }
      }
      return {
        detail: `the key ${trouble.key} came before with another request`,
        remedy: 'Use a new key for a new request',
      }
    case 'guard':
      return explainRefusals(trouble.refusals)
    case 'plan-outdated':
      return {
        detail: trouble.moved.map(({ device, what }) => `${device}: ${what}`).join('; '),
        remedy: 'Ask for a new plan, and look at what it says now',
      }
    case 'payload-too-large':
      return { detail: `a body may have ${trouble.limitBytes} bytes` }
    case 'unsupported-media-type':
      return { detail: 'the body must be application/json' }
    case 'request-timeout':
      return { detail: 'the rest of the request did not come in time' }
    case 'head-too-large':
      return { detail: 'its headers have too many bytes' }
    case 'expectation-failed':
      return { detail: 'only `100-continue` may be expected' }
    case 'upgrade-required':
      return { detail: 'connect with a WebSocket client' }
    case 'host-away':
      return { detail: trouble.why, remedy: 'Try again when the host answers' }
    case 'not-durable':
      return {
        detail: `${trouble.why}, so that nothing of this would last`,
        remedy:
          'Make room on the disk of the data folder, or mend it, then ask again: with the same Idempotency-Key, where there was one',
      }
    case 'stopping':
      return { detail: 'the service is stopping', remedy: 'Try again when it runs' }
    case 'insufficient-resources':
      return explainShortage(trouble)
    case 'bug':
      return { detail: 'the log has more under this instance' }
  }
}

function explainRefusals(
  refusals: Extract<AnyTrouble, { kind: 'guard' }>['refusals']
): Explanation {
  return {
    detail: refusals.map(({ device, reason }) => `${device}: ${reason}`).join('; '),
    remedy: refusals.map(({ remedy }) => remedy).join('; '),
  }
}

function explainShortage(
  trouble: Extract<AnyTrouble, { kind: 'insufficient-resources' }>
): Explanation {
  const { device, resource, requested, available, heldByPrimary = 0 } = trouble
  const name = resource === 'virtual functions' ? resource : resource.toUpperCase()
  return {
    detail:
      `${device} has ${available} ${name} to give, ${requested} were asked for` +
      (heldByPrimary > 0 ? `; its primary has ${heldByPrimary} for itself` : ''),
    remedy:
      heldByPrimary > 0
        ? 'Let the primary give up its own first, with POST /v1/controllers/{id}/primaryResources; or ask for less'
        : 'Ask for less, or retire virtual functions first',
  }
}

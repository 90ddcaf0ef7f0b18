/** The HTTP API, as any client sees it. */
/** @import { ChangeRequest, Operation, Plan, Problem } from './types.d.ts' */

const TOKEN_KEY = 'nvirt.token'

export function token() {
  return sessionStorage.getItem(TOKEN_KEY)
}

/** @param {string} text */
export function keepToken(text) {
  sessionStorage.setItem(TOKEN_KEY, text)
}

/** What the service said no with: an RFC 9457 problem. */
export class ProblemError extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail)
    this.problem = problem
  }
}

/**
 * @param {string} path
 * @returns {Promise<unknown>}
 * @throws ProblemError, or TypeError when the service cannot be reached
 */
export async function get(path) {
  return answerOf(await fetch(path, { headers: authorization() }))
}

/**
 * Every page of a list. The shape of its items is openapi.yaml's.
 *
 * @template Item
 * @param {string} path
 * @returns {Promise<Item[]>}
 */
export async function list(path) {
  /** @type {Item[]} */
  const items = []
  /** @type {string | null} */
  let cursor = null
  do {
    /** @type {URLSearchParams} */
    const query = new URLSearchParams({ limit: '1000', ...(cursor ? { cursor } : {}) })
    const page = /** @type {{ items: Item[], nextCursor: string | null }} */ (
      await get(`${path}${path.includes('?') ? '&' : '?'}${query}`)
    )
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return items
}

/**
 * Begins a change: gives the operation. The key makes a repeat over a bad line harmless.
 *
 * @param {ChangeRequest} request
 * @param {string} [planId] of a plan of the same request: it is done as that says, or refused
 * @param {Map<string, string>} [keys] of what was asked before: whoever asks the same again gets the operation of the first
 * @returns {Promise<Operation>}
 */
export async function start({ method, path, body }, planId, keys = new Map()) {
  const url = planId === undefined ? path : `${path}?plan=${planId}`
  const asked = JSON.stringify([method, url, body])
  const key = keys.get(asked) ?? randomKey()
  keys.set(asked, key)
  return /** @type {Operation} */ (
    await send(method, url, body, { 'idempotency-key': key })
  )
}

/**
 * What the change would do. Touches nothing.
 *
 * @param {ChangeRequest} request
 * @returns {Promise<Plan>}
 */
export async function planOf({ method, path, body }) {
  return /** @type {Plan} */ (await send(method, `${path}?plan=true`, body))
}

/**
 * @param {'POST' | 'PUT' | 'DELETE'} method
 * @param {string} path
 * @param {object} [body]
 * @param {Record<string, string>} [more] headers
 * @returns {Promise<unknown>}
 * @throws ProblemError, or TypeError when the service cannot be reached
 */
export async function send(method, path, body, more = {}) {
  const headers = { ...authorization(), ...more }
  const request =
    body === undefined
      ? { method, headers }
      : {
          method,
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }
  return answerOf(await fetch(path, request))
}

/**
 * @param {Response} response
 * @returns {Promise<unknown>}
 */
async function answerOf(response) {
  if (response.ok) return response.json()
  const isProblem = response.headers.get('content-type')?.includes('problem+json')
  const other = {
    type: 'about:blank',
    status: response.status,
    title: response.statusText,
    detail: 'no more is known',
    instance: '',
  }
  throw new ProblemError(isProblem ? await response.json() : other)
}

/** @returns {Record<string, string>} */
function authorization() {
  const known = token()
  return known ? { authorization: `Bearer ${known}` } : {}
}

/** crypto.randomUUID exists only over TLS and on loopback. */
function randomKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
}

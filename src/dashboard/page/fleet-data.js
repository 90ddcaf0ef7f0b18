/** What the service knows, looked at again by period and whenever an operation moves. */
import { get, list } from './api.js'

/**
 * @import {
 *   Assignment,
 *   Controller,
 *   Fleet,
 *   Host,
 *   Namespace,
 *   Operation,
 *   Policy,
 *   VirtualFunction,
 * } from './types.d.ts'
 */

/** @type {readonly string[]} */
const OPEN = ['waiting', 'running', 'blocked', 'undoing']

/** @returns {Promise<Fleet>} */
export async function readFleet() {
  const asked = Promise.all([
    hostsOf(),
    controllersOf(),
    vfsOf(),
    namespacesOf(),
    assignmentsOf(),
    policiesOf(),
  ])
  const [hosts, controllers, virtualFunctions, namespaces, assignments, policies] =
    await asked
  hosts.sort((a, b) => a.hostname.localeCompare(b.hostname))
  controllers.sort((a, b) => a.pciAddress?.localeCompare(b.pciAddress ?? '') ?? 0)
  virtualFunctions.sort((a, b) => a.vfNumber - b.vfNumber)
  namespaces.sort((a, b) => a.nsid - b.nsid)
  return { hosts, controllers, virtualFunctions, namespaces, assignments, policies }
}

/** @returns {Promise<Host[]>} */
const hostsOf = () => list('/v1/hosts')
/** @returns {Promise<Controller[]>} */
const controllersOf = () => list('/v1/controllers')
/** @returns {Promise<VirtualFunction[]>} */
const vfsOf = () => list('/v1/virtualFunctions')
/** @returns {Promise<Namespace[]>} */
const namespacesOf = () => list('/v1/namespaces')
/** @returns {Promise<Assignment[]>} */
const assignmentsOf = () => list('/v1/assignments')
/** @returns {Promise<Policy[]>} */
const policiesOf = () => list('/v1/virtualFunctionPolicies')

/** Operations that run now, those stuck, and those that this page has seen run, newest first. */
export class Operations {
  constructor() {
    /** @type {Map<string, Operation>} */
    this.known = new Map()
  }

  /** @param {Operation} operation */
  add(operation) {
    this.known.set(operation.id, operation)
  }

  /** @returns whether any of them moved */
  async refresh() {
    const before = JSON.stringify([...this.known.values()])
    const states = [...OPEN, 'stuck'].map((state) => `state=${state}`).join('&')
    /** @type {Operation[]} */
    const listed = await list(`/v1/operations?${states}`)
    const ended = [...this.known.values()].filter(
      ({ id, state }) =>
        OPEN.includes(state) && !listed.some((operation) => operation.id === id)
    )
    const ends = await Promise.all(ended.map(({ id }) => operationOf(id)))
    for (const operation of [...listed, ...ends]) this.add(operation)
    return JSON.stringify([...this.known.values()]) !== before
  }

  newestFirst() {
    return [...this.known.values()].sort((a, b) => b.createdAt.localeCompare(a.createdAt))
  }
}

/**
 * @param {string} id
 * @returns {Promise<Operation>}
 */
async function operationOf(id) {
  return /** @type {Operation} */ (await get(`/v1/operations/${id}`))
}

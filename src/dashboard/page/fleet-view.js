/** The tree: host, its controllers, their VFs, and in each function its queues. */
import { arrange, el, placeOf, whenChanged } from './dom.js'
import { FunctionCard } from './function-card.js'
import {
  describeController,
  describeVirtualFunction,
  isInUse,
  poolWords,
} from './describe.js'
import { controllerActions, virtualFunctionActions } from './actions.js'
import { hostBar, hostSummary } from './host-view.js'
import { policyPart } from './policy-view.js'

/** @import { Controller, Fleet, Frame, Host, VirtualFunction } from './types.d.ts' */

/** With more hosts than these they start closed: a closed host sends no frames. */
const MOST_OPEN = 8

/**
 * @typedef {{
 *   readonly element: HTMLDetailsElement,
 *   readonly summary: HTMLElement,
 *   readonly bar: ReturnType<typeof placeOf>,
 *   readonly body: HTMLElement,
 *   readonly changed: ReturnType<typeof whenChanged>,
 * }} HostPart
 */

export class FleetView {
  /**
   * @param {HTMLElement} root
   * @param {() => void} onOpen called when the set of open hosts changes
   */
  constructor(root, onOpen) {
    this.root = root
    this.onOpen = onOpen
    /** @type {Map<string, HostPart>} */
    this.hosts = new Map()
    /** @type {Map<string, ReturnType<typeof newController>>} */
    this.controllers = new Map()
    /** @type {Map<string, FunctionCard>} */
    this.cards = new Map()
  }

  openHosts() {
    return [...this.hosts].filter(([, { element }]) => element.open).map(([id]) => id)
  }

  /** @param {Frame} frame */
  showFrame(frame) {
    this.cards.get(frame.functionId)?.showFrame(frame)
  }

  checkFreshness() {
    const now = Date.now()
    for (const { figures } of this.cards.values()) figures.checkFreshness(now)
  }

  /** @param {Fleet} fleet */
  update(fleet) {
    const startOpen = fleet.hosts.length <= MOST_OPEN
    const elements = fleet.hosts.map((host) => this.updateHost(host, fleet, startOpen))
    arrange(
      this.root,
      elements.length > 0 ? elements : [el('p', {}, 'There are no hosts.')]
    )
  }

  /**
   * @param {Host} host
   * @param {Fleet} fleet
   * @param {boolean} startOpen
   */
  updateHost(host, fleet, startOpen) {
    const part = known(this.hosts, host.id, () => this.newHost(host.id, startOpen))
    const { observedAt: _, ...lasting } = host
    const drifting = driftingOf(host, fleet)
    part.changed([lasting, drifting], () =>
      part.summary.replaceChildren(...hostSummary(host, drifting))
    )
    part.bar.show(host.driftPolicy, () => hostBar(host))
    const mine = fleet.controllers.filter(({ hostId }) => hostId === host.id)
    const controllers = mine.map((controller) => this.updateController(controller, fleet))
    arrange(part.body, [part.bar.element, ...controllers])
    return part.element
  }

  /**
   * @param {string} id
   * @param {boolean} startOpen
   * @returns {HostPart}
   */
  newHost(id, startOpen) {
    const summary = el('summary')
    const bar = placeOf({ class: 'host-bar' })
    const body = el('div', { class: 'controllers' })
    const attributes = {
      class: 'host',
      'data-host-id': id,
      open: startOpen,
      ontoggle: this.onOpen,
    }
    const element = el('details', attributes, summary, body)
    return { element, summary, bar, body, changed: whenChanged() }
  }

  /**
   * @param {Controller} controller
   * @param {Fleet} fleet
   */
  updateController(controller, fleet) {
    const part = known(this.controllers, controller.id, () => newController())
    const card = this.card('controller', controller.id)
    const vfs = fleet.virtualFunctions.filter(
      ({ controllerId }) => controllerId === controller.id
    )
    card.update(describeController(controller, fleet), controllerActions(controller, fleet))
    const inUse = vfs.filter(isInUse)
    part.pool.textContent = poolWords(controller, vfs.length - inUse.length)
    part.pool.hidden = part.pool.textContent === ''
    const policy = fleet.policies.find(({ controllerId }) => controllerId === controller.id)
    part.policy.show(policy ?? null, () => [policy ? policyPart(policy, fleet) : null])
    arrange(part.element, [card.element, part.policy.element, part.pool, part.vfs])
    arrange(
      part.vfs,
      inUse.map((vf) => this.updateVirtualFunction(vf, fleet))
    )
    return part.element
  }

  /**
   * @param {VirtualFunction} vf
   * @param {Fleet} fleet
   */
  updateVirtualFunction(vf, fleet) {
    const card = this.card('virtualFunction', vf.id)
    card.update(describeVirtualFunction(vf, fleet), virtualFunctionActions(vf, fleet))
    return card.element
  }

  /**
   * @param {'controller' | 'virtualFunction'} kind
   * @param {string} id
   */
  card(kind, id) {
    return known(this.cards, id, () => new FunctionCard(kind, id))
  }
}

function newController() {
  return {
    element: el('section', { class: 'controller-group' }),
    policy: placeOf(),
    pool: el('p', { class: 'pool' }),
    vfs: el('div', { class: 'virtual-functions' }),
  }
}

/**
 * @param {Host} host
 * @param {Fleet} fleet
 */
function driftingOf({ id }, { controllers, virtualFunctions }) {
  return [...controllers, ...virtualFunctions].filter(
    ({ hostId, drift }) => hostId === id && drift.length > 0
  ).length
}

/**
 * @template Part
 * @param {Map<string, Part>} map
 * @param {string} key
 * @param {() => Part} make
 */
function known(map, key, make) {
  const part = map.get(key) ?? make()
  map.set(key, part)
  return part
}

/** What a host says of itself: in the line that opens it, and what may be done with all of it. */
import { send } from './api.js'
import { showProblem } from './dialog.js'
import { el } from './dom.js'
import { tellChanged } from './news.js'
import { plural } from './words.js'

/** @import { Badge, Host } from './types.d.ts' */

/**
 * @param {Host} host
 * @param {number} drifting functions of it that are not as desired
 */
export function hostSummary(host, drifting) {
  const badges = [stateBadge(host), driftBadge(drifting), iommuBadge(host)]
  const facts = `Linux ${host.kernelRelease}, ${plural(host.onlineCpus, 'CPU')}`
  return [
    el('h3', {}, host.hostname),
    el('span', { class: 'facts' }, facts),
    ...badges
      .filter((badge) => badge !== null)
      .map(([text, tone]) => el('span', { class: 'badge', 'data-tone': tone }, text)),
  ]
}

/** @param {Host} host */
export function hostBar(host) {
  const isHealing = host.driftPolicy === 'heal'
  const other = isHealing ? 'report' : 'heal'
  const path = `/v1/hosts/${host.id}`
  return [
    el(
      'p',
      { class: 'facts', 'data-drift-policy': host.driftPolicy },
      isHealing
        ? 'Drift is healed where nobody uses the function.'
        : 'Drift is only reported.'
    ),
    button(isHealing ? 'Only report drift' : 'Heal drift by itself', () =>
      send('PUT', `${path}/driftPolicy`, { policy: other })
    ),
    button('Rescan', () => send('POST', `${path}/rescan`)),
  ]
}

/**
 * @param {string} label
 * @param {() => Promise<unknown>} run
 */
function button(label, run) {
  const onclick = () => void run().then(tellChanged, showProblem)
  return el('button', { type: 'button', onclick }, label)
}

/** @type {Readonly<Record<Host['state'], Badge>>} */
const STATES = {
  ready: ['ready', 'good'],
  restoring: ['restoring: what it had before it was started is brought back', 'busy'],
  degraded: [
    'degraded: not all that it had could be brought back, its drift says what',
    'bad',
  ],
}

/**
 * @param {Host} host
 * @returns {Badge}
 */
function stateBadge({ reach, why, state }) {
  return reach === 'away' ? [`away: ${why ?? 'no answer'}`, 'bad'] : STATES[state]
}

/**
 * @param {number} drifting
 * @returns {Badge | null}
 */
function driftBadge(drifting) {
  return drifting === 0 ? null : [`drift of ${plural(drifting, 'function')}`, 'warn']
}

/**
 * @param {Host} host
 * @returns {Badge | null}
 */
function iommuBadge({ iommu }) {
  return iommu ? null : ['no IOMMU: nothing can be assigned', 'warn']
}

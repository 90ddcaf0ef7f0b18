/** Controllers and VFs in words: titles, facts and badges. A VF has two lives, and both are said. */
import { driftBadge } from './drift-view.js'
import { standingsOf } from './standing.js'
import { bytes, plural } from './words.js'

/**
 * @import {
 *   Assignment,
 *   Badge,
 *   Controller,
 *   Fleet,
 *   Namespace,
 *   Shown,
 *   VirtualFunction,
 * } from './types.d.ts'
 */

/**
 * @param {string | null} id
 * @param {Fleet} fleet
 */
export function assignmentOf(id, fleet) {
  return fleet.assignments.find((assignment) => assignment.id === id)
}

/**
 * @param {Controller} controller
 * @param {Fleet} fleet
 * @returns {Shown}
 */
export function describeController(controller, fleet) {
  const assignment = assignmentOf(controller.assignmentId, fleet)
  return {
    title: [controller.model ?? 'NVMe controller', controller.pciAddress]
      .filter(Boolean)
      .join(' · '),
    facts: [
      controller.name,
      controller.serial && `serial ${controller.serial}`,
      groupWords(controller),
      namespaceWords(namespacesOf(controller.id, fleet)),
    ],
    badges: badges(
      controller.present ? null : ['gone', 'bad'],
      controller.ambiguous ? ['ambiguous identity', 'bad'] : null,
      healthBadge(controller.health),
      ...commonBadges(controller, assignment)
    ),
    assignment,
    drift: controller.drift,
    standings: standingsOf(controller, assignment),
    silent: controller.present ? null : 'The function is gone.',
  }
}

/**
 * @param {VirtualFunction} vf
 * @param {Fleet} fleet
 * @returns {Shown}
 */
export function describeVirtualFunction(vf, fleet) {
  const assignment = assignmentOf(vf.assignmentId, fleet)
  const { state, vq, vi } = vf.secondary
  return {
    title: [`VF ${vf.vfNumber}`, vf.pciAddress].filter(Boolean).join(' · '),
    facts: [
      vf.provisioned && plural(vf.provisioned.ioQueuePairs, 'I/O queue pair'),
      `VQ ${vq}, VI ${vi}`,
      groupWords(vf),
      namespaceWords(namespacesOf(vf.id, fleet)),
    ],
    badges: badges(
      [`secondary ${state}`, state === 'online' ? 'good' : 'quiet'],
      vf.tenantSafety.verdict === 'safe'
        ? null
        : [safetyWords(vf.tenantSafety.verdict), 'warn'],
      vf.quarantine ? ['quarantined', 'warn'] : null,
      ...commonBadges(vf, assignment)
    ),
    assignment,
    drift: vf.drift,
    standings: standingsOf(vf, assignment),
    silent: vf.enabled ? null : 'Not enabled: the function does not exist yet.',
  }
}

/** @param {VirtualFunction['tenantSafety']['verdict']} verdict */
export function safetyWords(verdict) {
  return verdict === 'unknown' ? 'not known to be tenant-safe' : 'not tenant-safe'
}

/**
 * VFs that wait in the pool are counted, not listed.
 *
 * @param {VirtualFunction} vf
 */
export function isInUse(vf) {
  return (
    vf.provisioned !== null ||
    vf.assignmentId !== null ||
    vf.changingBy !== null ||
    vf.secondary.state === 'online' ||
    vf.drift.length > 0
  )
}

/**
 * @param {Controller} controller
 * @param {number} waiting
 */
export function poolWords({ sriov }, waiting) {
  if (!sriov) return ''
  const { vq, vi } = sriov
  const free = [
    ...(vq ? [`${vq.free} of ${vq.total} VQ`] : []),
    ...(vi ? [`${vi.free} of ${vi.total} VI`] : []),
  ]
  const left = free.length > 0 ? `, ${free.join(' and ')} free` : ''
  const own = [...primaryWords(vq, 'VQ'), ...primaryWords(vi, 'VI')].join('')
  return `${plural(waiting, 'VF')} of ${sriov.totalVfs} in the pool${left}${own}`
}

/**
 * What the primary keeps of the pool, and will after a reset.
 *
 * @param {NonNullable<Controller['sriov']>['vq']} pool
 * @param {string} name
 */
function primaryWords(pool, name) {
  if (!pool) return []
  const { primary, pendingReset } = pool
  return [
    primary > 0 ? `, ${primary} ${name} the primary's own` : '',
    pendingReset === null ? '' : `, ${pendingReset} ${name} once it is reset`,
  ]
}

/**
 * @param {string} id
 * @param {Fleet} fleet
 */
function namespacesOf(id, fleet) {
  return fleet.namespaces.filter(({ attachedTo }) =>
    attachedTo.some((has) => has.id === id)
  )
}

/** @param {readonly Namespace[]} namespaces */
function namespaceWords(namespaces) {
  if (namespaces.length === 0) return 'no namespace'
  /** @param {Namespace} namespace */
  const one = ({ nsid, sizeBytes, uses }) =>
    [`${nsid} (${bytes(sizeBytes)})`, ...uses.map(({ use, by }) => `${use} ${by}`)].join(
      ', '
    )
  return `namespace ${namespaces.map(one).join('; ')}`
}

/** @param {Controller | VirtualFunction} fn */
function groupWords({ iommuGroup }) {
  if (!iommuGroup) return null
  const others = iommuGroup.siblings.length
  const shared = others > 0 ? ` with ${plural(others, 'other function')}` : ''
  return `IOMMU group ${iommuGroup.number}${shared}`
}

/** @param {readonly (Badge | null)[]} all */
function badges(...all) {
  return all.filter((badge) => badge !== null)
}

/**
 * @param {Controller | VirtualFunction} fn
 * @param {Assignment | undefined} assignment
 * @returns {readonly (Badge | null)[]}
 */
function commonBadges({ driver, drift, blocked, changingBy }, assignment) {
  return [
    [driver ? `driver ${driver}` : 'no driver', 'quiet'],
    assignment ? [`${assignment.state}: ${assignment.consumer}`, toneOf(assignment)] : null,
    driftBadge(drift),
    changingBy ? ['changing', 'busy'] : null,
    blocked ? [`blocked: ${blocked}`, 'bad'] : null,
  ]
}

/** @param {Assignment} assignment */
function toneOf({ state }) {
  if (state === 'ready') return 'good'
  if (state === 'lost') return 'bad'
  return state === 'quarantined' ? 'warn' : 'busy'
}

/**
 * @param {Controller['health']} health
 * @returns {Badge | null}
 */
function healthBadge(health) {
  if (health === 'ok' || health === 'unknown') return null
  return [`health ${health}`, health === 'critical' ? 'bad' : 'warn']
}

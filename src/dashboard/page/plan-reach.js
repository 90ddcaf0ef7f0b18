/** Whom a plan reaches besides what is asked for, and what it resets. */
import { el } from './dom.js'
import { plural } from './words.js'

/** @import { Fleet, Plan } from './types.d.ts' */

/** @typedef {Plan['affected']['virtualFunctions'][number]} AffectedVf */

/**
 * @param {Plan} plan
 * @param {Fleet} fleet
 * @returns {readonly HTMLElement[]}
 */
export function reachItems({ affected, resets, steps }, fleet) {
  const { assignments, virtualFunctions, mounts, siblings } = affected
  const items = [
    ...assignments.map(({ consumer, tenant, state }) =>
      reachItem('assignment', `${consumer} of ${tenant}, whose assignment is ${state}`)
    ),
    ...vfItems(virtualFunctions, fleet),
    ...mounts.map(({ use, by }) => reachItem('mount', `The host: ${use} ${by}`)),
    ...siblings.map(({ address, iommuGroup, driver }) =>
      reachItem(
        'sibling',
        `${address}, in IOMMU group ${iommuGroup} too, ${driver ? `driver ${driver}` : 'without a driver'}`
      )
    ),
    ...resets.map(({ device, of, step }) =>
      reachItem('reset', `${device} is reset${RESETS[of]}, in step ${step}`)
    ),
  ]
  return items.length > 0 || steps.length === 0
    ? items
    : [reachItem('nobody', 'Nobody else, and nothing is reset.')]
}

/** @type {Readonly<Record<Plan['resets'][number]['of'], string>>} */
const RESETS = {
  'virtual-function': '',
  primary: ', which takes its VFs down and stops its I/O for a moment',
}

/**
 * Those of the pool are counted: nobody has them.
 *
 * @param {readonly AffectedVf[]} vfs
 * @param {Fleet} fleet
 */
function vfItems(vfs, fleet) {
  const ofNobody = vfs.filter(({ tenant }) => tenant === null)
  const effects = new Set(ofNobody.map(({ effect }) => effect))
  return [
    ...vfs
      .filter(({ tenant }) => tenant !== null)
      .map((vf) =>
        reachItem('vf', `${vfName(vf, fleet)} of ${vf.tenant} ${EFFECTS[vf.effect]}`)
      ),
    ...[...effects].map((effect) => {
      const count = ofNobody.filter((vf) => vf.effect === effect).length
      return reachItem('pool', `${plural(count, 'VF')} that nobody has: ${effect}`)
    }),
  ]
}

/** @type {Readonly<Record<AffectedVf['effect'], string>>} */
const EFFECTS = {
  appears: 'appears',
  disappears: 'disappears',
  reset: 'is taken down by a reset',
}

/**
 * @param {AffectedVf} vf
 * @param {Fleet} fleet
 */
function vfName({ virtualFunctionId, address }, fleet) {
  const known = fleet.virtualFunctions.find(({ id }) => id === virtualFunctionId)
  const number = known ? `VF ${known.vfNumber}` : `VF ${virtualFunctionId}`
  return address === null ? number : `${number} (${address})`
}

/**
 * @param {string} kind
 * @param {string} words
 */
function reachItem(kind, words) {
  return el('li', { 'data-reach': kind }, words)
}

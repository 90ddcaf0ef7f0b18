/** What is declared of the VFs of a controller: desired against actual, and why they differ. */
import { el } from './dom.js'
import { askUndeclare } from './policy-dialog.js'
import { plural, timeOfDay } from './words.js'

/** @import { Fleet, Policy } from './types.d.ts' */

/** @typedef {Policy['virtualFunctions'][number]} DeclaredVf */

/**
 * @param {Policy} policy
 * @param {Fleet} fleet
 */
export function policyPart(policy, fleet) {
  const { count, converged, virtualFunctions } = policy
  const undeclare = () => askUndeclare(policy)
  return el(
    'section',
    {
      class: 'declared',
      'data-converged': String(converged),
      'aria-label': 'Declared VFs',
    },
    el(
      'header',
      {},
      el('h4', {}, `Declared: ${plural(count, 'VF')}`),
      el(
        'span',
        { class: 'badge', 'data-tone': converged ? 'good' : 'warn' },
        converged ? 'as declared' : 'not as declared yet'
      ),
      el('p', { class: 'facts' }, factsOf(policy)),
      el(
        'div',
        { class: 'actions' },
        el('button', { type: 'button', onclick: undeclare }, 'Declare no more…')
      )
    ),
    virtualFunctions.length > 0 ? tableOf(virtualFunctions, fleet) : null
  )
}

/** @param {Policy} policy */
function factsOf({ vq, vi, driver, actor, declaredAt }) {
  return [
    `VQ ${sharingWords(vq)}`,
    `VI ${sharingWords(vi)}`,
    driver === 'nvme' ? 'driver nvme' : 'no driver',
    `by ${actor} at ${timeOfDay(declaredAt)}`,
  ].join(' · ')
}

/** @param {Policy['vq']} sharing */
function sharingWords({ each, weights, minimum, maximum }) {
  if (each !== undefined) return `${each} each`
  const limits = [
    minimum !== undefined && `at least ${minimum}`,
    maximum !== undefined && `at most ${maximum}`,
  ]
  const how = weights ? `by weights ${weights.join(' : ')}` : 'shared evenly'
  return [how, ...limits].filter(Boolean).join(', ')
}

/**
 * @param {readonly DeclaredVf[]} vfs
 * @param {Fleet} fleet
 */
function tableOf(vfs, fleet) {
  const heads = ['VF', 'Desired', 'Actual', 'State', 'Why not, and what to do']
  return el(
    'table',
    {},
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        heads.map((head) => el('th', { scope: 'col' }, head))
      )
    ),
    el(
      'tbody',
      {},
      vfs.map((vf) => rowOf(vf, fleet))
    )
  )
}

/** @type {Readonly<Record<DeclaredVf['state'], string>>} */
const TONES = {
  'as-declared': 'good',
  pending: 'busy',
  changing: 'busy',
  waiting: 'warn',
  failing: 'warn',
  'given-up': 'bad',
}

/**
 * @param {DeclaredVf} vf
 * @param {Fleet} fleet
 */
function rowOf({ vfNumber, desired, actual, state, reason, remedy }, fleet) {
  const was = actual && `${actual.state}, ${divisionWords(actual, fleet)}`
  return el(
    'tr',
    { 'data-vf-number': vfNumber, 'data-state': state },
    el('th', { scope: 'row' }, `VF ${vfNumber}`),
    el('td', {}, desired ? divisionWords(desired, fleet) : 'there is to be none'),
    el('td', {}, was ?? 'the drive lists no such VF'),
    el('td', { 'data-tone': TONES[state] }, state),
    el('td', {}, [reason, remedy].filter(Boolean).join('. '))
  )
}

/**
 * @param {NonNullable<DeclaredVf['desired']>} division
 * @param {Fleet} fleet
 */
function divisionWords({ vq, vi, namespaceIds, driver }, { namespaces }) {
  const nsids = namespaces
    .filter(({ id }) => namespaceIds.includes(id))
    .map(({ nsid }) => nsid)
  return [
    `VQ ${vq}, VI ${vi}`,
    nsids.length > 0 ? `namespace ${nsids.join(', ')}` : 'no namespace',
    driver ? `driver ${driver}` : 'no driver',
  ].join(', ')
}

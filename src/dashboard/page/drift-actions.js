/** What may be done about drift: bring it to what is desired, or make what somebody else did one's own. */
import { askChange } from './change-dialog.js'

/** @import { Action, Assignment, Controller, Drift, Fleet, VirtualFunction } from './types.d.ts' */

/** @type {readonly Drift['kind'][]} */
const OF_BINDING = ['driver-changed', 'override-changed', 'moved']

/** @type {readonly Drift['kind'][]} */
const OF_VIRTUAL_FUNCTIONS = [
  ...OF_BINDING,
  'vfs-gone',
  'vf-offline',
  'resources-lost',
  'namespace-detached',
  'foreign-namespace-attached',
]

/**
 * @param {VirtualFunction} vf
 * @param {Assignment | undefined} assignment
 * @param {Fleet} fleet
 * @returns {readonly Action[]}
 */
export function driftActionsOfVf(vf, assignment, fleet) {
  const path = `/v1/virtualFunctions/${vf.id}`
  const name = `VF ${vf.vfNumber}`
  return [
    ...(isHealable(vf, assignment, OF_VIRTUAL_FUNCTIONS) ? [heal(name, path, fleet)] : []),
    ...(has(vf, ['foreign-secondary-online']) ? [adopt(name, path, fleet)] : []),
  ]
}

/**
 * @param {Controller} controller
 * @param {Assignment | undefined} assignment
 * @param {Fleet} fleet
 * @returns {readonly Action[]}
 */
export function driftActionsOfController(controller, assignment, fleet) {
  if (!isHealable(controller, assignment, OF_BINDING)) return []
  const name = controller.pciAddress ?? 'the controller'
  return [heal(name, `/v1/controllers/${controller.id}`, fleet)]
}

/**
 * @param {Controller | VirtualFunction} fn
 * @param {Assignment | undefined} assignment
 * @param {readonly Drift['kind'][]} kinds
 */
function isHealable(fn, assignment, kinds) {
  return has(fn, kinds) || assignment?.state === 'restoring'
}

/**
 * @param {Controller | VirtualFunction} fn
 * @param {readonly Drift['kind'][]} kinds
 */
function has({ drift }, kinds) {
  return drift.some(({ kind }) => kinds.includes(kind))
}

/**
 * @param {string} name
 * @param {string} path
 * @param {Fleet} fleet
 * @returns {Action}
 */
function heal(name, path, fleet) {
  const run = () =>
    askChange({
      title: `Heal ${name}`,
      words:
        'It is brought to what is desired of it, and so is its assignment. Refused while anybody uses it.',
      submit: 'Heal',
      fleet,
      request: () => ({ method: 'POST', path: `${path}/heal` }),
    })
  return { name: 'heal', label: 'Heal…', run }
}

/**
 * @param {string} name
 * @param {string} path
 * @param {Fleet} fleet
 * @returns {Action}
 */
function adopt(name, path, fleet) {
  const run = () =>
    askChange({
      title: `Adopt ${name}`,
      words:
        'Somebody else brought it online. It becomes a provisioned VF as it is, to be assigned and retired like any other.',
      submit: 'Adopt',
      fleet,
      request: () => ({ method: 'POST', path: `${path}/adopt` }),
    })
  return { name: 'adopt', label: 'Adopt…', run }
}

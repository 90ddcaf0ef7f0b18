/** What may be asked for, for each function as it is. The service decides; these are only the buttons that make sense. */
import { start } from './api.js'
import { askChange } from './change-dialog.js'
import { assignmentOf, safetyWords } from './describe.js'
import { showProblem } from './dialog.js'
import { driftActionsOfController, driftActionsOfVf } from './drift-actions.js'
import { isChecked, textOf } from './fields.js'
import { askPolicy } from './policy-dialog.js'
import { askPrimary } from './primary-dialog.js'
import { askProvision } from './provision-dialog.js'
import { tellStarted } from './news.js'

/**
 * @import { Action, Assignment, Controller, Fleet, Operation, VirtualFunction } from './types.d.ts'
 */

/**
 * @param {Controller} controller
 * @param {Fleet} fleet
 * @returns {readonly Action[]}
 */
export function controllerActions(controller, fleet) {
  if (controller.changingBy) return []
  const assignment = assignmentOf(controller.assignmentId, fleet)
  if (assignment) {
    return [
      ...driftActionsOfController(controller, assignment, fleet),
      ...releaseActions(assignment, fleet),
    ]
  }
  if (!controller.present) return []
  const provision = {
    name: 'provision',
    label: 'Provision VFs…',
    run: () => askProvision(controller, fleet),
  }
  const declare = {
    name: 'declare',
    label: 'Declare VFs…',
    run: () => askPolicy(controller, fleet),
  }
  const whole = assign({ controllerId: controller.id }, controller, fleet)
  if (!controller.sriov?.vq) return [whole]
  return [provision, declare, ...primaryActions(controller, fleet), whole]
}

/**
 * Refused while a VF is provisioned.
 *
 * @param {Controller} controller
 * @param {Fleet} fleet
 * @returns {readonly Action[]}
 */
function primaryActions(controller, fleet) {
  const isDivided = fleet.virtualFunctions.some(
    ({ controllerId, provisioned }) => controllerId === controller.id && provisioned
  )
  const run = () => askPrimary(controller, fleet)
  return isDivided ? [] : [{ name: 'resize', label: 'Its own resources…', run }]
}

/**
 * @param {VirtualFunction} vf
 * @param {Fleet} fleet
 * @returns {readonly Action[]}
 */
export function virtualFunctionActions(vf, fleet) {
  if (vf.changingBy) return []
  const assignment = assignmentOf(vf.assignmentId, fleet)
  const ofDrift = driftActionsOfVf(vf, assignment, fleet)
  if (assignment) return [...ofDrift, ...releaseActions(assignment, fleet)]
  if (!vf.provisioned) return ofDrift
  if (vf.quarantine) return [retire(vf, fleet)]
  const handOver = assign({ virtualFunctionId: vf.id }, vf, fleet, vf)
  return [...ofDrift, handOver, retire(vf, fleet)]
}

/**
 * @param {Operation} operation
 * @returns {readonly Action[]}
 */
export function operationActions({ id, allowed }) {
  return allowed.map((name) => ({
    name,
    label: name === 'cancel' ? 'Cancel' : 'Retry',
    run: async () => {
      const path = `/v1/operations/${id}/${name}`
      try {
        tellStarted(await start({ method: 'POST', path, body: {} }))
      } catch (error) {
        showProblem(error)
      }
    },
  }))
}

/**
 * @param {{ readonly controllerId: string } | { readonly virtualFunctionId: string }} what
 * @param {Controller | VirtualFunction} fn
 * @param {Fleet} fleet
 * @param {VirtualFunction} [vf] where it is one: what it lets its tenant do is said, and must be accepted by a click
 * @returns {Action}
 */
function assign(what, { pciAddress }, fleet, vf) {
  const consumer = { name: 'consumer', label: 'For which virtual machine' }
  const isSafe = vf === undefined || vf.tenantSafety.verdict === 'safe'
  const run = () =>
    askChange({
      title: `Assign ${pciAddress ?? 'the function'}`,
      words: `It leaves the host and is bound to vfio-pci for a virtual machine.${isSafe ? '' : unsafeWords(vf)}`,
      fields: [{ ...consumer, type: 'text', required: true }],
      submit: 'Assign',
      fleet,
      offers: isSafe ? [] : ['not-tenant-safe'],
      request: (form, accept) => {
        const body = { ...what, consumer: textOf(form, 'consumer'), accept }
        return { method: 'POST', path: '/v1/assignments', body }
      },
    })
  return { name: 'assign', label: 'Assign…', run }
}

/** @param {VirtualFunction} vf */
function unsafeWords({ tenantSafety: { verdict, reasons } }) {
  return ` It is ${safetyWords(verdict)}: ${reasons.join('; ')}.`
}

/**
 * @param {VirtualFunction} vf
 * @param {Fleet} fleet
 * @returns {Action}
 */
function retire({ id, vfNumber }, fleet) {
  const run = () =>
    askChange({
      title: `Retire VF ${vfNumber}`,
      words:
        'It goes offline, its namespaces are detached, and its queue pairs and vectors return to the pool.',
      submit: 'Retire',
      fleet,
      request: () => ({ method: 'DELETE', path: `/v1/virtualFunctions/${id}` }),
    })
  return { name: 'retire', label: 'Retire…', run }
}

/**
 * @param {Assignment} assignment
 * @param {Fleet} fleet
 * @returns {readonly Action[]}
 */
function releaseActions(assignment, fleet) {
  if (!RELEASABLE.includes(assignment.state)) return []
  const quarantined = assignment.state === 'quarantined'
  const run = () =>
    askChange({
      title: quarantined ? 'Clean the function again' : 'Take the function back',
      words: quarantined
        ? 'It could not be cleaned: the data of its last user may still be on it. Freed as it is, whoever gets it next can read them.'
        : 'Its namespaces are erased, which may take hours, and it gets the driver back that it had. What cannot be erased stays quarantined.',
      fields: [
        {
          name: 'acceptUncleaned',
          label: 'Free it although it is not cleaned',
          type: 'checkbox',
        },
        {
          name: 'logical',
          label:
            'Delete its namespaces and create others like them, instead of erasing: nobody shows then that nothing can be read',
          type: 'checkbox',
        },
      ],
      submit: quarantined ? 'Clean' : 'Release',
      fleet,
      request: (form) => ({
        method: 'POST',
        path: `/v1/assignments/${assignment.id}/release`,
        body: {
          acceptUncleaned: isChecked(form, 'acceptUncleaned'),
          ...(isChecked(form, 'logical') && { cleaning: 'logical' }),
        },
      }),
    })
  return [{ name: 'release', label: quarantined ? 'Clean again…' : 'Release…', run }]
}

/** @type {readonly Assignment['state'][]} */
const RELEASABLE = ['ready', 'restoring', 'lost', 'quarantined']

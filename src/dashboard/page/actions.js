/** What may be asked for, for each function as it is. The service decides; these are only the buttons that make sense. */
import { start } from './api.js'
import { assignmentOf, safetyWords } from './describe.js'
import { ask, isChecked, showProblem, textOf } from './dialog.js'
import { askProvision } from './provision-dialog.js'

/**
 * @import { Action, Assignment, Controller, Field, Fleet, Operation, VirtualFunction } from './types.d.ts'
 */

/** @type {(operation: Operation) => void} */
let onStarted = () => undefined

/**
 * Told of every operation that a button started.
 *
 * @param {(operation: Operation) => void} listener
 */
export function whenStarted(listener) {
  onStarted = listener
}

/**
 * @param {Controller} controller
 * @param {Fleet} fleet
 * @returns {readonly Action[]}
 */
export function controllerActions(controller, fleet) {
  if (!controller.present || controller.changingBy) return []
  const assignment = assignmentOf(controller.assignmentId, fleet)
  if (assignment) return releaseActions(assignment)
  const provision = {
    name: 'provision',
    label: 'Provision VFs…',
    run: () => askProvision(controller, fleet, onStarted),
  }
  const whole = assign('controllerId', controller)
  return controller.sriov?.vq ? [provision, whole] : [whole]
}

/**
 * @param {VirtualFunction} vf
 * @param {Fleet} fleet
 * @returns {readonly Action[]}
 */
export function virtualFunctionActions(vf, fleet) {
  if (vf.changingBy) return []
  const assignment = assignmentOf(vf.assignmentId, fleet)
  if (assignment) return releaseActions(assignment)
  if (!vf.provisioned) return []
  if (vf.quarantine) return [retire(vf)]
  return [assign('virtualFunctionId', vf, acceptFields(vf)), retire(vf)]
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
      try {
        onStarted(await start('POST', `/v1/operations/${id}/${name}`, {}))
      } catch (error) {
        showProblem(error)
      }
    },
  }))
}

/**
 * What a VF that is not tenant-safe lets its tenant do is said where it is accepted, and must be accepted by a click.
 *
 * @param {VirtualFunction} vf
 * @returns {readonly Field[]}
 */
function acceptFields({ tenantSafety: { verdict, reasons } }) {
  if (verdict === 'safe') return []
  const label = `Assign it although it is ${safetyWords(verdict)}: ${reasons.join('; ')}`
  return [{ name: NOT_TENANT_SAFE, label, type: 'checkbox' }]
}

/** The word by which the service lets it be assigned all the same. */
const NOT_TENANT_SAFE = 'not-tenant-safe'

/**
 * @param {'controllerId' | 'virtualFunctionId'} field
 * @param {Controller | VirtualFunction} fn
 * @param {readonly Field[]} [accepts]
 * @returns {Action}
 */
function assign(field, { id, pciAddress }, accepts = []) {
  const run = () =>
    ask({
      title: `Assign ${pciAddress ?? 'the function'}`,
      words: 'It leaves the host and is bound to vfio-pci for a virtual machine.',
      fields: [
        {
          name: 'consumer',
          label: 'For which virtual machine',
          type: 'text',
          required: true,
        },
        ...accepts,
      ],
      submit: 'Assign',
      run: async (form) => {
        const consumer = textOf(form, 'consumer')
        const accept = accepts
          .map(({ name }) => name)
          .filter((name) => isChecked(form, name))
        onStarted(await start('POST', '/v1/assignments', { [field]: id, consumer, accept }))
      },
    })
  return { name: 'assign', label: 'Assign…', run }
}

/**
 * @param {VirtualFunction} vf
 * @returns {Action}
 */
function retire({ id }) {
  const run = async () => {
    try {
      onStarted(await start('DELETE', `/v1/virtualFunctions/${id}`))
    } catch (error) {
      showProblem(error)
    }
  }
  return { name: 'retire', label: 'Retire', run }
}

/**
 * @param {Assignment} assignment
 * @returns {readonly Action[]}
 */
function releaseActions(assignment) {
  if (!['ready', 'quarantined'].includes(assignment.state)) return []
  const quarantined = assignment.state === 'quarantined'
  const run = () =>
    ask({
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
      ],
      submit: quarantined ? 'Clean' : 'Release',
      run: async (form) => {
        const path = `/v1/assignments/${assignment.id}/release`
        const acceptUncleaned = isChecked(form, 'acceptUncleaned')
        onStarted(await start('POST', path, { acceptUncleaned }))
      },
    })
  return [{ name: 'release', label: quarantined ? 'Clean again…' : 'Release…', run }]
}

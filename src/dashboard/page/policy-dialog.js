/** Which VFs a controller is to have, and how they share its pools. Declared, they come by and by. */
import { send } from './api.js'
import { ask } from './dialog.js'
import { el } from './dom.js'
import { countField, driverField, fieldOf, isChecked, numberOf, textOf } from './fields.js'
import { vfRows } from './namespace-fields.js'
import { tellChanged } from './news.js'

/** @import { Controller, Fleet, Policy, PolicyRequest } from './types.d.ts' */

/**
 * @param {Controller} controller with a pool of VFs
 * @param {Fleet} fleet
 */
export function askPolicy(controller, fleet) {
  const before = fleet.policies.find(({ controllerId }) => controllerId === controller.id)
  const chosen = before?.namespaceIds ?? []
  const rows = vfRows({ controller, fleet, chosen })
  const most = controller.sriov?.totalVfs ?? 0
  const count = { label: 'VFs', value: before?.count ?? 1, min: 0, max: most }
  ask({
    title: `Declare VFs of ${controller.pciAddress}`,
    words:
      'VF 1 up to this number are made, changed and retired by and by, never while anybody uses them, and come back after a reboot. With 0 all are retired.',
    body: [
      countField(count, rows.lay),
      sharingFields('vq', 'Queue pairs (VQ), the admin queue pair included', before?.vq),
      sharingFields('vi', 'Interrupt vectors (VI)', before?.vi),
      rows.element,
      driverField(before?.driver === 'nvme'),
    ],
    submit: 'Declare',
    run: async (form) => {
      await send('PUT', pathOf(controller.id), wanted(form))
      tellChanged()
    },
  })

  /**
   * @param {HTMLFormElement} form
   * @returns {PolicyRequest}
   */
  function wanted(form) {
    const inRows = rows.namespaceIds()
    const all = [...inRows, ...chosen.slice(inRows.length)]
    const wantedCount = numberOf(form, 'count')
    return {
      count: wantedCount,
      vq: sharingIn(form, 'vq'),
      vi: sharingIn(form, 'vi'),
      namespaceIds: all.slice(0, wantedCount),
      driver: isChecked(form, 'nvme') ? 'nvme' : 'none',
    }
  }
}

/** @param {Policy} policy */
export function askUndeclare({ controllerId }) {
  ask({
    title: 'Declare no more',
    words:
      'The VFs stay as they are, and are no longer looked after. To retire all, declare 0 of them before.',
    submit: 'Declare no more',
    run: async () => {
      await send('DELETE', pathOf(controllerId))
      tellChanged()
    },
  })
}

/** @param {string} controllerId */
function pathOf(controllerId) {
  return `/v1/controllers/${controllerId}/virtualFunctionPolicy`
}

/**
 * @param {'vq' | 'vi'} kind
 * @param {string} legend
 * @param {Policy['vq']} [before]
 */
function sharingFields(kind, legend, { each, weights, minimum, maximum } = {}) {
  const number = /** @type {const} */ ({ type: 'number', min: 1 })
  const pattern = String.raw`\s*\d+(\s*[, ]\s*\d+)*\s*`
  return el(
    'fieldset',
    { class: 'sharing' },
    el('legend', {}, legend),
    fieldOf({ name: `${kind}-each`, label: 'Each', value: each, ...number }),
    fieldOf({
      name: `${kind}-weights`,
      label: 'or by weights: 2, 1, 1',
      type: 'text',
      pattern,
      value: weights?.join(', '),
    }),
    fieldOf({ name: `${kind}-minimum`, label: 'at least', value: minimum, ...number }),
    fieldOf({ name: `${kind}-maximum`, label: 'at most', value: maximum, ...number })
  )
}

/**
 * What is filled in; what does not go together the service says.
 *
 * @param {HTMLFormElement} form
 * @param {'vq' | 'vi'} kind
 */
function sharingIn(form, kind) {
  const weights = textOf(form, `${kind}-weights`).match(/\d+/g)
  const numbers = ['each', 'minimum', 'maximum'].flatMap((name) => {
    const value = numberOf(form, `${kind}-${name}`)
    return Number.isNaN(value) ? [] : [[name, value]]
  })
  return {
    ...Object.fromEntries(numbers),
    ...(weights && { weights: weights.map(Number) }),
  }
}

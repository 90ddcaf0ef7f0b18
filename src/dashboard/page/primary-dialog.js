/** How many flexible resources a primary has for itself: what it gives up, VFs can have. */
import { askChange } from './change-dialog.js'
import { fieldOf, numberOf } from './fields.js'

/** @import { Controller, Fleet } from './types.d.ts' */

/**
 * @param {Controller} controller with a pool of VFs
 * @param {Fleet} fleet
 */
export function askPrimary(controller, fleet) {
  const { vq, vi } = controller.sriov ?? {}
  askChange({
    title: `Resources of ${controller.pciAddress} itself`,
    words:
      'Flexible resources that the primary keeps, besides its private ones; 0 gives all to the pool. Its function is reset, since only then they are in force: refused while anybody would be taken down.',
    body: [
      resourceField('vq', 'Queue pairs (VQ)', vq?.primary),
      resourceField('vi', 'Interrupt vectors (VI)', vi?.primary),
    ],
    submit: 'Resize',
    fleet,
    request: (form) => ({
      method: 'POST',
      path: `/v1/controllers/${controller.id}/primaryResources`,
      body: { vq: numberOf(form, 'vq'), vi: numberOf(form, 'vi') },
    }),
  })
}

/**
 * @param {'vq' | 'vi'} name
 * @param {string} label
 * @param {number} [value]
 */
function resourceField(name, label, value = 0) {
  return fieldOf({ name, label, type: 'number', value, min: 0, required: true })
}

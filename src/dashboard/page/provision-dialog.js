/** How many VFs, how many queues each, and which namespaces. */
import { askChange } from './change-dialog.js'
import { countField, driverField, fieldOf, isChecked, numberOf } from './fields.js'
import { vfRows } from './namespace-fields.js'

/** @import { Controller, Fleet } from './types.d.ts' */

const MOST_AT_ONCE = 64

/**
 * @param {Controller} controller with a pool of VFs
 * @param {Fleet} fleet
 */
export function askProvision(controller, fleet) {
  const rows = vfRows({ controller, fleet, fields: (place) => [pairsField(place)] })
  const count = { label: 'VFs', value: 1, min: 1, max: MOST_AT_ONCE }
  askChange({
    title: `Provision VFs of ${controller.pciAddress}`,
    words: `Free: ${controller.sriov?.vq?.free ?? 0} VQ and ${controller.sriov?.vi?.free ?? 0} VI. Each VF takes its I/O queue pairs and one for the admin queue.`,
    body: [countField(count, rows.lay), rows.element, driverField()],
    submit: 'Provision',
    fleet,
    request: (form) => ({
      method: 'POST',
      path: `/v1/controllers/${controller.id}/virtualFunctions`,
      body: {
        virtualFunctions: rows.namespaceIds().map((namespaceIds, at) => ({
          ioQueuePairs: numberOf(form, pairsName(at + 1)),
          namespaceIds,
        })),
        driver: isChecked(form, 'nvme') ? 'nvme' : 'none',
      },
    }),
  })
}

/** @param {number} place */
function pairsName(place) {
  return `pairs-${place}`
}

/** @param {number} place */
function pairsField(place) {
  const label = 'I/O queue pairs'
  return fieldOf({
    name: pairsName(place),
    label,
    type: 'number',
    value: 1,
    min: 1,
    required: true,
  })
}

/** How many VFs, how many queues each, and which namespaces. */
import { askChange } from './change-dialog.js'
import { fieldOf, isChecked } from './dialog.js'
import { el } from './dom.js'
import { bytes } from './words.js'

/** @import { Controller, Fleet, Namespace } from './types.d.ts' */

const MOST_AT_ONCE = 64

/**
 * @param {Controller} controller with a pool of VFs
 * @param {Fleet} fleet
 */
export function askProvision(controller, fleet) {
  const namespaces = fleet.namespaces.filter(
    ({ subsystemNqn, hostId, present }) =>
      present && hostId === controller.hostId && subsystemNqn === controller.subsystemNqn
  )
  const rows = el('div', { class: 'vf-rows' })
  const number = fieldOf({
    name: 'count',
    label: 'VFs',
    type: 'number',
    value: 1,
    min: 1,
    max: MOST_AT_ONCE,
    required: true,
  })
  const input = inputIn(number)
  input.addEventListener('input', () => lay(Number(input.value)))
  lay(1)
  askChange({
    title: `Provision VFs of ${controller.pciAddress}`,
    words: `Free: ${controller.sriov?.vq?.free ?? 0} VQ and ${controller.sriov?.vi?.free ?? 0} VI. Each VF takes its I/O queue pairs and one for the admin queue.`,
    body: [number, rows, driverField()],
    submit: 'Provision',
    fleet,
    request: (form) => ({
      method: 'POST',
      path: `/v1/controllers/${controller.id}/virtualFunctions`,
      body: wanted(form),
    }),
  })

  /** @param {number} count */
  function lay(count) {
    const wantedRows = Math.min(Math.max(Math.trunc(count) || 0, 0), MOST_AT_ONCE)
    while (rows.children.length > wantedRows) rows.lastElementChild?.remove()
    while (rows.children.length < wantedRows)
      rows.append(vfRow(rows.children.length + 1, namespaces))
  }
}

/**
 * @param {number} place
 * @param {readonly Namespace[]} namespaces
 */
function vfRow(place, namespaces) {
  return el(
    'fieldset',
    { class: 'vf-row' },
    el('legend', {}, `${place}. VF`),
    fieldOf({
      name: `pairs-${place}`,
      label: 'I/O queue pairs',
      type: 'number',
      value: 1,
      min: 1,
      required: true,
    }),
    namespaces.map((namespace) => namespaceField(namespace)),
    namespaces.length === 0
      ? el('p', { class: 'quiet' }, 'The subsystem has no namespaces.')
      : null
  )
}

/** @param {Namespace} namespace */
function namespaceField({ id, nsid, sizeBytes, attachedTo, uses }) {
  const [use] = uses
  const taken =
    use !== undefined
      ? `in use: ${use.by}`
      : attachedTo.length > 0
        ? 'attached elsewhere'
        : ''
  const input = el('input', {
    type: 'checkbox',
    'data-namespace-id': id,
    'data-nsid': nsid,
  })
  const words = [`namespace ${nsid}, ${bytes(sizeBytes)}`, taken]
    .filter(Boolean)
    .join(' · ')
  return el('label', { class: 'check' }, input, words)
}

function driverField() {
  const input = el('input', { name: 'nvme', type: 'checkbox' })
  return el('label', { class: 'check' }, input, "Let the host's own nvme driver take them")
}

/** @param {HTMLFormElement} form */
function wanted(form) {
  const rows = [...form.querySelectorAll('.vf-row')]
  return {
    virtualFunctions: rows.map((row) => ({
      ioQueuePairs: Number(inputIn(row).value),
      namespaceIds: [...row.querySelectorAll('[data-namespace-id]:checked')].map((box) =>
        box.getAttribute('data-namespace-id')
      ),
    })),
    driver: isChecked(form, 'nvme') ? 'nvme' : 'none',
  }
}

/**
 * The number that is asked for in there.
 *
 * @param {Element} element
 */
function inputIn(element) {
  const input = element.querySelector('input')
  if (!input) throw new Error('there is no input')
  return input
}

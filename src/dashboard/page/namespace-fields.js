/** Fieldsets, one for each VF, in which the namespaces of its subsystem are chosen. */
import { el } from './dom.js'
import { bytes } from './words.js'

/** @import { Child, Controller, Fleet, Namespace } from './types.d.ts' */

const MOST_ROWS = 64

/**
 * @param {{
 *   readonly controller: Controller,
 *   readonly fleet: Fleet,
 *   readonly fields?: (place: number) => readonly Child[],
 *   readonly chosen?: readonly (readonly string[])[],
 * }} options further fields of the row of that VF, 1 the first; ids of namespaces that are ticked, of each VF
 */
export function vfRows({ controller, fleet, fields = () => [], chosen = [] }) {
  const namespaces = fleet.namespaces.filter(
    ({ subsystemNqn, hostId, present }) =>
      present && hostId === controller.hostId && subsystemNqn === controller.subsystemNqn
  )
  const element = el('div', { class: 'vf-rows' })
  return { element, lay, namespaceIds }

  /** @param {number} count */
  function lay(count) {
    const wanted = Math.min(Math.max(Math.trunc(count) || 0, 0), MOST_ROWS)
    while (element.children.length > wanted) element.lastElementChild?.remove()
    while (element.children.length < wanted) {
      const place = element.children.length + 1
      element.append(rowOf(place, fields(place), namespaces, chosen[place - 1] ?? []))
    }
  }

  /** Of each row, in order. */
  function namespaceIds() {
    return [...element.children].map((row) =>
      [...row.querySelectorAll('[data-namespace-id]:checked')].flatMap(
        (box) => box.getAttribute('data-namespace-id') ?? []
      )
    )
  }
}

/**
 * @param {number} place
 * @param {readonly Child[]} fields
 * @param {readonly Namespace[]} namespaces
 * @param {readonly string[]} chosen
 */
function rowOf(place, fields, namespaces, chosen) {
  return el(
    'fieldset',
    { class: 'vf-row' },
    el('legend', {}, `${place}. VF`),
    fields,
    namespaces.map((namespace) => namespaceField(namespace, chosen)),
    namespaces.length === 0
      ? el('p', { class: 'quiet' }, 'The subsystem has no namespaces.')
      : null
  )
}

/**
 * @param {Namespace} namespace
 * @param {readonly string[]} chosen
 */
function namespaceField({ id, nsid, sizeBytes, attachedTo, uses }, chosen) {
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
    checked: chosen.includes(id),
  })
  const words = [`namespace ${nsid}, ${bytes(sizeBytes)}`, taken]
    .filter(Boolean)
    .join(' · ')
  return el('label', { class: 'check' }, input, words)
}

/** Fields of a form, and what is in them. */
import { el } from './dom.js'

/** @import { Field } from './types.d.ts' */

/** @param {Field} field */
export function fieldOf({ label, ...attributes }) {
  const input = el('input', attributes)
  const checkbox = attributes.type === 'checkbox'
  return el(
    'label',
    { class: checkbox ? 'check' : 'field' },
    checkbox ? [input, label] : [label, input]
  )
}

/**
 * A number that something else follows, which is laid at once for the value that it has.
 *
 * @param {Pick<Field, 'label' | 'min' | 'max'> & { readonly value: number }} field
 * @param {(count: number) => void} lay
 */
export function countField(field, lay) {
  const element = fieldOf({ ...field, name: 'count', type: 'number', required: true })
  const input = element.querySelector('input')
  input?.addEventListener('input', () => lay(input.valueAsNumber))
  lay(field.value)
  return element
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
export function textOf(form, name) {
  return inputOf(form, name).value
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name of a field that is filled in
 */
export function numberOf(form, name) {
  return inputOf(form, name).valueAsNumber
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
export function isChecked(form, name) {
  return inputOf(form, name).checked
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function inputOf(form, name) {
  const input = form.elements.namedItem(name)
  if (!(input instanceof HTMLInputElement)) throw new Error(`no input is called ${name}`)
  return input
}

/** @param {boolean} [checked] */
export function driverField(checked = false) {
  const input = el('input', { name: 'nvme', type: 'checkbox', checked })
  return el('label', { class: 'check' }, input, "Let the host's own nvme driver take them")
}

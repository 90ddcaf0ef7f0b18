/** Questions to the operator, and what the service said no with. */
import { ProblemError } from './api.js'
import { byId, el } from './dom.js'

/** @import { Field, Question } from './types.d.ts' */

const dialog = /** @type {HTMLDialogElement} */ (byId('dialog'))
const notice = byId('notice')

/** @param {Question} question */
export function ask({
  title,
  words,
  fields = [],
  body = [],
  submit,
  run,
  closable = true,
}) {
  const trouble = el('div', { class: 'trouble', role: 'alert' })
  const go = el('button', { type: 'submit', class: 'primary' }, submit)
  const cancel = el('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel')
  const form = el(
    'form',
    { onsubmit: send },
    el('h2', { id: 'dialog-heading' }, title),
    el('p', {}, words),
    fields.map(fieldOf),
    body,
    trouble,
    el('div', { class: 'actions' }, closable ? cancel : null, go)
  )
  dialog.replaceChildren(form)
  dialog.oncancel = (event) => closable || event.preventDefault()
  if (!dialog.open) dialog.showModal()

  /** @param {Event} event */
  async function send(event) {
    event.preventDefault()
    go.disabled = true
    try {
      await run(form)
      dialog.close()
    } catch (error) {
      trouble.replaceChildren(...wordsOf(error))
    } finally {
      go.disabled = false
    }
  }
}

/**
 * Beside the page, until it is dismissed.
 *
 * @param {unknown} error
 */
export function showProblem(error) {
  const dismiss = el('button', { type: 'button', onclick: hideProblem }, 'Dismiss')
  notice.replaceChildren(...wordsOf(error), dismiss)
  notice.hidden = false
}

export function hideProblem() {
  notice.hidden = true
}

/**
 * A problem's detail and remedy, each refusal with its own.
 *
 * @param {unknown} error
 * @returns {readonly HTMLElement[]}
 */
export function wordsOf(error) {
  if (!(error instanceof ProblemError)) {
    const why = error instanceof Error ? error.message : String(error)
    return [el('p', {}, `The service cannot be reached: ${why}`)]
  }
  const { title, detail, remedy, refusals = [], errors = [] } = error.problem
  return [
    el('p', { class: 'problem-title' }, title),
    el('p', { class: 'problem-detail' }, detail),
    refusals.length > 0
      ? el(
          'ul',
          {},
          refusals.map((no) =>
            el('li', { 'data-check': no.check }, `${no.device}: ${no.reason}. ${no.remedy}`)
          )
        )
      : null,
    errors.length > 0
      ? el(
          'ul',
          {},
          errors.map(({ field, message }) => el('li', {}, `${field}: ${message}`))
        )
      : null,
    remedy && refusals.length === 0 ? el('p', { class: 'problem-remedy' }, remedy) : null,
  ].filter((part) => part !== null)
}

/** @param {Field} field */
export function fieldOf({ name, label, type, required, value, min, max }) {
  const input = el('input', { name, type, required, value, min, max })
  const checkbox = type === 'checkbox'
  return el(
    'label',
    { class: checkbox ? 'check' : 'field' },
    checkbox ? [input, label] : [label, input]
  )
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

/** Questions to the operator, and what the service said no with. */
import { byId, el } from './dom.js'
import { fieldOf } from './fields.js'
import { wordsOf } from './problem-words.js'

/** @import { Question } from './types.d.ts' */

const dialog = /** @type {HTMLDialogElement} */ (byId('dialog'))
const notice = byId('notice')

/**
 * @param {Question} question
 * @returns tries something for the dialog, as its buttons do: what fails is told in it
 */
export function ask({
  title,
  words,
  fields = [],
  body = [],
  submit,
  run,
  aside = [],
  below = [],
  closable = true,
}) {
  const trouble = el('div', { class: 'trouble', role: 'alert' })
  const others = aside.map(({ label, run: does }) =>
    el('button', { type: 'button', onclick: () => look(does) }, label)
  )
  const go = el('button', { type: 'submit', class: 'primary' }, submit)
  const cancel = el('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel')
  const form = el(
    'form',
    { onsubmit: (event) => (event.preventDefault(), attempt(run, true)) },
    el('h2', { id: 'dialog-heading' }, title),
    el('p', {}, words),
    fields.map(fieldOf),
    body,
    trouble,
    below,
    el('div', { class: 'actions' }, closable ? cancel : null, others, go)
  )
  dialog.replaceChildren(form)
  dialog.oncancel = (event) => closable || event.preventDefault()
  if (!dialog.open) dialog.showModal()
  return attempt

  /** @param {(form: HTMLFormElement) => unknown} does */
  function look(does) {
    if (form.reportValidity()) void attempt(does, false)
  }

  /**
   * @param {(form: HTMLFormElement) => unknown} does
   * @param {boolean} closes
   */
  async function attempt(does, closes) {
    if (go.disabled) return
    for (const button of [go, ...others]) button.disabled = true
    trouble.replaceChildren()
    try {
      await does(form)
      // By then another question may be there.
      if (closes && form.isConnected) dialog.close()
    } catch (error) {
      trouble.replaceChildren(...wordsOf(error))
    } finally {
      for (const button of [go, ...others]) button.disabled = false
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

/** A change that the operator asks for: begun at once, or shown first and then run exactly as shown. */
import { AcceptBoxes } from './accept-boxes.js'
import { planOf, ProblemError, start } from './api.js'
import { ask } from './dialog.js'
import { el } from './dom.js'
import { planParts } from './plan-view.js'
import { tellStarted } from './news.js'

/** @import { ChangeQuestion, ChangeRequest, Plan } from './types.d.ts' */

/** @param {ChangeQuestion} question */
export function askChange({ fleet, offers, request, ...asked }) {
  const accepts = new AcceptBoxes()
  const shown = el('section', { class: 'plan', 'aria-label': 'What it does' })
  /** Raised by each edit: a plan is shown only for the question as it stands. */
  let edits = 0
  /**
   * Whoever got no answer presses the same button again: that is the same request.
   *
   * @type {Map<string, string>}
   */
  const keys = new Map()
  accepts.offer(offers ?? [])
  const attempt = ask({
    ...asked,
    aside: [
      { label: 'Show what it does', run: (form) => offering(() => look(wanted(form))) },
    ],
    below: [accepts.element, shown],
    run: (form) => offering(() => begin(wanted(form))),
  })
  shown.closest('form')?.addEventListener('input', forget)

  /** @param {HTMLFormElement} form */
  function wanted(form) {
    return request(form, accepts.accepted())
  }

  /**
   * @param {ChangeRequest} change
   * @param {string} [planId]
   */
  async function begin(change, planId) {
    tellStarted(await start(change, planId, keys))
  }

  /** @param {ChangeRequest} change */
  async function look(change) {
    const asOf = edits
    const plan = await planOf(change)
    // Without `offers` the request cannot name a check.
    if (offers) accepts.offer(plan.refusals.map(({ check }) => check))
    shown.replaceChildren(...planParts(plan, fleet, runButton(change, plan)))
    if (asOf !== edits) return forget()
    shown.querySelector('h3')?.focus()
  }

  /**
   * @param {ChangeRequest} change
   * @param {Plan} plan
   */
  function runButton(change, plan) {
    const run = () => offering(() => runPlan(change, plan))
    const attributes = {
      type: 'button',
      class: 'primary',
      onclick: () => attempt(run, true),
    }
    return el('button', attributes, 'Run this plan')
  }

  /**
   * @param {ChangeRequest} change
   * @param {Plan} plan
   */
  async function runPlan(change, { id }) {
    try {
      await begin(change, id)
    } catch (error) {
      // What has moved is told, above what it would do now.
      if (isOutdated(error)) await look(change)
      throw error
    }
  }

  /** @param {() => Promise<void>} does */
  async function offering(does) {
    try {
      await does()
    } catch (error) {
      const refusals = error instanceof ProblemError ? error.problem.refusals : undefined
      if (offers && refusals) accepts.offer(refusals.map(({ check }) => check))
      throw error
    }
  }

  function forget() {
    edits += 1
    if (shown.childElementCount === 0) return
    const words = 'This is not the question any more: show what it does again.'
    shown.replaceChildren(el('p', { class: 'quiet', role: 'status' }, words))
  }
}

/** @param {unknown} error moved on since, or too old to be kept */
function isOutdated(error) {
  if (!(error instanceof ProblemError)) return false
  const { type, resource } = error.problem
  const isGone = type === 'urn:nvirt:problem:not-found' && resource === 'plan'
  return isGone || type === 'urn:nvirt:problem:plan-outdated'
}

/** Operations as they run: steps, what they wait for, and how they ended. */
import { arrange, el, whenChanged } from './dom.js'
import { operationActions } from './actions.js'
import { timeOfDay, workflowName } from './words.js'

/** @import { Blocked, Operation, Refusals } from './types.d.ts' */

/** Those that have ended stay in sight for a while. */
const MOST_SHOWN = 20

const TONES = {
  succeeded: 'good',
  undone: 'warn',
  stuck: 'bad',
  blocked: 'bad',
  waiting: 'quiet',
  running: 'busy',
  undoing: 'busy',
}

export class OperationsView {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root
    /** @type {Map<string, ReturnType<typeof newPart>>} */
    this.parts = new Map()
  }

  /** @param {readonly Operation[]} operations newest first */
  update(operations) {
    const shown = operations.slice(0, MOST_SHOWN)
    for (const id of this.parts.keys()) {
      if (!shown.some((operation) => operation.id === id)) this.parts.delete(id)
    }
    const none = [el('p', { class: 'quiet' }, 'None runs.')]
    arrange(
      this.root,
      shown.length > 0 ? shown.map((operation) => this.part(operation)) : none
    )
  }

  /** @param {Operation} operation */
  part(operation) {
    const known = this.parts.get(operation.id) ?? newPart(operation.id)
    this.parts.set(operation.id, known)
    known.element.dataset.state = operation.state
    known.changed(operation, () => known.body.replaceChildren(...contents(operation)))
    return known.element
  }
}

/** @param {string} id */
function newPart(id) {
  const body = el('div')
  const element = el('article', { class: 'operation', 'data-operation-id': id }, body)
  return { element, body, changed: whenChanged() }
}

/** @param {Operation} operation */
function contents(operation) {
  const { workflow, state, steps, progress, createdAt } = operation
  return [
    el(
      'header',
      {},
      el('h3', {}, workflowName(workflow)),
      el('span', { class: 'badge', 'data-tone': TONES[state] }, state),
      el('time', { datetime: createdAt }, timeOfDay(createdAt))
    ),
    el('progress', { max: 1, value: progress.fraction, 'aria-label': 'Steps done' }),
    ...reasons(operation),
    ...buttons(operation),
    el(
      'details',
      {},
      el('summary', {}, currentStep(steps)),
      el('ol', { class: 'steps' }, steps.map(stepItem))
    ),
  ]
}

/** @param {Operation} operation */
function buttons(operation) {
  return operationActions(operation).map(({ name, label, run }) =>
    el('button', { type: 'button', 'data-action': name, onclick: () => void run() }, label)
  )
}

/** @param {Operation['steps']} steps */
function currentStep(steps) {
  const now = steps.find(({ state }) =>
    ['running', 'undoing', 'failed', 'undo-failed'].includes(state)
  )
  const done = steps.filter(({ state }) => state === 'done').length
  return now ? `${now.name} ${now.state}` : `${done} of ${steps.length} steps done`
}

/** @param {Operation['steps'][number]} step */
function stepItem({ name, state, attempts, progress, error }) {
  const far = progress ? `, ${progress.done} of ${progress.total} ${progress.unit}` : ''
  const tries = attempts > 1 ? `, ${attempts} attempts` : ''
  const why = error ? `: ${[error.message, ...error.causes].join(': ')}` : ''
  return el('li', { 'data-state': state }, `${name}, ${state}${far}${tries}${why}`)
}

/**
 * What a person has to know: what it waits for, what blocks it, what went wrong. The typed parts of these two are as the
 * service's driver and guards report them.
 *
 * @param {Operation} operation
 */
function reasons({ error, blocked, waitsFor, cancelRequest }) {
  /** @type {string[]} */
  const words = []
  if (waitsFor.length > 0) words.push(`Waits for operation ${waitsFor.join(', ')}`)
  if (cancelRequest?.waitsFor === 'running-step')
    words.push(`Cancelled by ${cancelRequest.actor}: undone when the step has ended`)
  if (cancelRequest?.waitsFor === 'blocked-call')
    words.push(`Cancelled by ${cancelRequest.actor}: undone when the kernel has come back`)
  if (blocked) words.push(...blockedWords(/** @type {Blocked} */ (blocked)))
  if (error) {
    const detail = /** @type {Refusals | null} */ (error.detail)
    words.push([error.message, ...error.causes].join(': '), ...refusalWords(detail))
  }
  return words.map((text) => el('p', { class: 'reason' }, text))
}

/** @param {Blocked} blocked */
function blockedWords({ call, since, holders = [] }) {
  const by = holders.map(
    ({ pid, command, holds }) => `${command} (pid ${pid}) holds ${holds}`
  )
  return [`The kernel does not come back from ${call} since ${timeOfDay(since)}`, ...by]
}

/** @param {Refusals | null} detail */
function refusalWords(detail) {
  return (detail?.refusals ?? []).map(
    ({ device, reason, remedy }) => `${device}: ${reason}. ${remedy}`
  )
}

/** A plan as it is shown: what speaks against it, whom it reaches, what it writes in order, and how that is undone. */
import { el } from './dom.js'
import { reachItems } from './plan-reach.js'
import { refusalItem } from './problem-words.js'
import { writeItems } from './plan-writes.js'
import { plural, timeOfDay, workflowName } from './words.js'

/** @import { Fleet, Plan } from './types.d.ts' */

/** @typedef {Plan['steps'][number]} Step */

/**
 * @param {Plan} plan
 * @param {Fleet} fleet
 * @param {HTMLElement} run offered when nothing speaks against it
 * @returns {readonly HTMLElement[]}
 */
export function planParts(plan, fleet, run) {
  const { workflow, steps, refusals } = plan
  const name =
    workflow === null ? 'What it does' : `What it does: ${workflowName(workflow)}`
  const parts = [
    el(
      'header',
      { 'data-plan-id': plan.id },
      el('h3', { tabindex: -1 }, name),
      refusals.length === 0 ? run : null
    ),
    verdict(plan),
    list('refusals', refusals.map(refusalItem)),
    named('Whom it reaches', list('reach', reachItems(plan, fleet))),
    steps.length > 0
      ? named('In order', el('ol', { class: 'plan-steps' }, steps.map(stepItem)))
      : null,
    undoPart(steps),
  ]
  return parts.filter((part) => part !== null)
}

/** @param {Plan} plan */
function verdict({ refusals, steps, expiresAt }) {
  const writes = steps.flatMap(({ does }) =>
    does.changes.flatMap((change) => change.writes)
  )
  const words =
    refusals.length > 0
      ? `It cannot be run: ${plural(refusals.length, 'thing speaks', 'things speak')} against it.`
      : `It can be run, until ${timeOfDay(expiresAt)}: ${plural(writes.length, 'write')} in ${plural(steps.length, 'step')}.`
  const tone = refusals.length > 0 ? 'bad' : 'good'
  return el('p', { class: 'verdict', role: 'status', 'data-tone': tone }, words)
}

/** @param {Step} step */
function stepItem({ name, commit, does }) {
  return el(
    'li',
    { 'data-step': name },
    el('span', { class: 'step-name' }, name),
    commit ? el('p', { class: 'commit' }, 'From here on it only goes forward.') : null,
    el('ul', { class: 'writes' }, writeItems(does))
  )
}

/** @param {readonly Step[]} steps */
function undoPart(steps) {
  const undone = steps.toReversed().flatMap(({ name, undo }) => {
    const items = undo ? writeItems(undo) : []
    return items.length === 0 ? [] : [{ name, items }]
  })
  if (undone.length === 0) return null
  return el(
    'details',
    { class: 'undo' },
    el('summary', {}, 'Undo, should a step fail: the last is undone first'),
    el(
      'ol',
      { class: 'plan-steps' },
      undone.map(({ name, items }) =>
        el('li', { 'data-undoes': name }, name, el('ul', { class: 'writes' }, items))
      )
    )
  )
}

/**
 * @param {string} name
 * @param {readonly HTMLElement[]} items
 */
function list(name, items) {
  return items.length > 0 ? el('ul', { class: name }, items) : null
}

/**
 * @param {string} heading
 * @param {HTMLElement | null} content
 */
function named(heading, content) {
  return content && el('section', {}, el('h4', {}, heading), content)
}

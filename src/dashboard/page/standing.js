/** States of a function in which somebody has to know more than their name: what it means, and what to do. */
import { el } from './dom.js'

/** @import { Assignment, Controller, VirtualFunction } from './types.d.ts' */

/** @typedef {readonly [state: string, meaning: string, remedy: string]} Standing */

/**
 * @param {Controller | VirtualFunction} fn
 * @param {Assignment | undefined} assignment
 * @returns {readonly Standing[]}
 */
export function standingsOf(fn, assignment) {
  const all = [ambiguous(fn), ofAssignment(assignment), halfRetired(fn)]
  return all.filter((standing) => standing !== null)
}

/** @param {Standing} standing */
export function standingPart([state, meaning, remedy]) {
  return el(
    'p',
    { class: 'standing', 'data-standing': state },
    el('strong', {}, state),
    ` ${meaning} `,
    el('span', { class: 'remedy' }, remedy)
  )
}

/**
 * @param {Controller | VirtualFunction} fn of a VF its primary is
 * @returns {Standing | null}
 */
function ambiguous(fn) {
  const isSo = 'ambiguous' in fn ? fn.ambiguous : has(fn, 'ambiguous')
  if (!isSo) return null
  const meaning = 'Another function claims the same identity: neither is handed over.'
  const remedy =
    'Remove one of the two drives, and rescan its host. What is assigned waits for its own drive: release it to use the other.'
  return ['ambiguous', meaning, remedy]
}

/**
 * @param {VirtualFunction} vf
 * @param {string} kind
 */
function has({ drift }, kind) {
  return drift.some((one) => one.kind === kind)
}

/** @type {Partial<Record<Assignment['state'], (assignment: Assignment) => Standing>>} */
const OF_ASSIGNMENTS = {
  lost: ({ consumer }) => [
    'lost',
    `The hardware that ${consumer} has is gone; it stays assigned.`,
    'Plug the drive in again, and it is brought back by itself. Or release it.',
  ],
  restoring: ({ consumer }) => [
    'restoring',
    `Its host was restarted, or its drive pulled: it is brought back to ${consumer}.`,
    'Wait. If that fails, drift says why: heal it, or release it.',
  ],
  quarantined: ({ quarantine }) => [
    'quarantined',
    `Nobody gets it: ${quarantine ?? 'the data of its last user may still be on it'}.`,
    'Clean it again, or free it as it is, which an event tells.',
  ],
}

/** @param {Assignment | undefined} assignment */
function ofAssignment(assignment) {
  return (assignment && OF_ASSIGNMENTS[assignment.state]?.(assignment)) ?? null
}

/**
 * @param {Controller | VirtualFunction} fn
 * @returns {Standing | null}
 */
function halfRetired(fn) {
  if (!('quarantine' in fn) || fn.quarantine === null) return null
  const meaning = `It is neither assigned nor in the pool: ${fn.quarantine}.`
  return ['quarantined', meaning, 'Retire it again.']
}

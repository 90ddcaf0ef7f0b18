/** What the service said no with, in words: the detail and remedy, each refusal with its own, and what has moved. */
import { ProblemError } from './api.js'
import { el } from './dom.js'

/** @import { Problem, Refusal } from './types.d.ts' */

/**
 * @param {unknown} error
 * @returns {readonly HTMLElement[]}
 */
export function wordsOf(error) {
  if (!(error instanceof ProblemError)) {
    const why = error instanceof Error ? error.message : String(error)
    return [el('p', {}, `The service cannot be reached: ${why}`)]
  }
  const { title, detail, remedy, refusals = [], errors = [], moved = [] } = error.problem
  const isListed = refusals.length > 0 || moved.length > 0
  return [
    el('p', { class: 'problem-title' }, title),
    isListed ? null : el('p', { class: 'problem-detail' }, detail),
    listOf(refusals.map(refusalItem)),
    listOf(errors.map(({ field, message }) => el('li', {}, `${field}: ${message}`))),
    listOf(moved.map(movedItem)),
    remedy && refusals.length === 0 ? el('p', { class: 'problem-remedy' }, remedy) : null,
  ].filter((part) => part !== null)
}

/** @param {Refusal} refusal */
export function refusalItem({ check, device, reason, remedy, step = null }) {
  const where = [device, step && `step ${step}`].filter(Boolean).join(', ')
  return el(
    'li',
    { 'data-check': check },
    el('code', {}, check),
    ` ${where ? `${where}: ` : ''}${sentence(reason)} ${remedy ?? ''}`
  )
}

/** @param {NonNullable<Problem['moved']>[number]} moved */
function movedItem({ device, what, planned, found }) {
  return el(
    'li',
    { 'data-moved': what },
    `${device}, ${what}: planned `,
    el('code', {}, shortly(planned)),
    ', found ',
    el('code', {}, shortly(found))
  )
}

/** @param {readonly HTMLElement[]} items */
function listOf(items) {
  return items.length > 0 ? el('ul', {}, items) : null
}

/** @param {string} words */
function sentence(words) {
  return words.endsWith('.') ? words : `${words}.`
}

const MOST_CHARACTERS = 300

/** @param {unknown} value */
function shortly(value) {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text
}

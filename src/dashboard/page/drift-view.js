/** Drift of a function: what is desired of it against what is seen, side by side, and what to do about it. */
import { el } from './dom.js'
import { timeOfDay } from './words.js'

/** @import { Badge, Drift } from './types.d.ts' */

/**
 * @param {readonly Drift[]} drift
 * @returns {HTMLElement | null} null: it is as desired
 */
export function driftTable(drift) {
  if (drift.length === 0) return null
  const heads = ['Drift', 'Desired', 'Actual', 'Since', 'What to do']
  return el(
    'table',
    { class: 'drift' },
    el('caption', {}, 'It is not as desired'),
    el('thead', {}, el('tr', {}, heads.map(headCell))),
    el('tbody', {}, drift.map(row))
  )
}

/**
 * @param {readonly Drift[]} drift
 * @returns {Badge | null}
 */
export function driftBadge(drift) {
  const kinds = [...new Set(drift.map(({ kind }) => kind))]
  return kinds.length === 0 ? null : [`drift: ${kinds.join(', ')}`, 'warn']
}

/** @param {string} words */
function headCell(words) {
  return el('th', { scope: 'col' }, words)
}

/** @param {Drift} drift */
function row({ kind, expected, found, remedy, since }) {
  return el(
    'tr',
    { 'data-drift': kind },
    el('th', { scope: 'row' }, kind),
    el('td', { 'data-side': 'desired' }, valuesInWords(expected)),
    el('td', { 'data-side': 'actual' }, valuesInWords(found)),
    el('td', {}, el('time', { datetime: since }, timeOfDay(since))),
    el('td', {}, remedy)
  )
}

/** @type {Readonly<Record<string, string>>} */
const NAMES = {
  vq: 'VQ',
  vi: 'VI',
  nsids: 'namespaces',
  pciAddress: 'address',
  iommuGroup: 'IOMMU group',
  vfCount: 'VF count',
}

/** @param {unknown} values by their names, as the service has them */
function valuesInWords(values) {
  return Object.entries(/** @type {object} */ (values))
    .map(([name, value]) => `${NAMES[name] ?? name} ${valueInWords(value)}`)
    .join(', ')
}

/** @param {unknown} value */
function valueInWords(value) {
  if (value === null || (Array.isArray(value) && value.length === 0)) return 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Writes of a plan: in words, and as they are made. */
import { el } from './dom.js'

/** @import { Plan } from './types.d.ts' */

/** @typedef {Plan['steps'][number]['does']} Told */
/** @typedef {Told['changes'][number]['writes'][number]} Written */

/**
 * @param {Told} told
 * @returns {readonly HTMLElement[]}
 */
export function writeItems({ changes, unforeseen, waitsFor }) {
  const notes = [
    waitsFor && `It would wait for ${waitsFor}.`,
    unforeseen && `Not known before it is done: ${unforeseen}.`,
  ]
  return [
    ...changes.flatMap(({ writes }) => writes.map(writeItem)),
    ...notes.filter(Boolean).map((words) => el('li', { class: 'quiet' }, words)),
  ]
}

/** @param {Written} written */
function writeItem({ inWords, write, predicted, onlyIf }) {
  const marks = [
    predicted && 'predicted: its function does not exist yet',
    onlyIf && `only if ${onlyIf}`,
  ].filter(Boolean)
  const exactly = exactWords(write)
  return el(
    'li',
    { class: 'write' },
    el('code', {}, inWords),
    exactly && el('code', { class: 'exactly' }, exactly),
    marks.length > 0 ? el('span', { class: 'quiet' }, marks.join('; ')) : null
  )
}

/**
 * What the words leave out.
 *
 * @param {Written['write']} write
 */
function exactWords(write) {
  if (write.to !== 'nvme') return null
  const { opcode, nsid, cdw10, cdw11, fields, data } = write
  const names = Object.entries(/** @type {object} */ (fields))
  return [
    `opcode ${hex(opcode)}`,
    `nsid ${nsid}`,
    `cdw10 ${hex(cdw10)}`,
    `cdw11 ${hex(cdw11)}`,
    `(${names.map(([name, value]) => `${name} ${value}`).join(', ')})`,
    ...(data === null ? [] : [`data ${data}`]),
  ].join(' ')
}

/** @param {number} value */
function hex(value) {
  return `0x${value.toString(16)}`
}

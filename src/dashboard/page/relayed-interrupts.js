/**
 * What can be seen of a function that a guest has: interrupts that the host relays to it, by vector. Where they cannot be
 * seen either, that is said, with its reason.
 */
import { el } from './dom.js'
import { figure } from './words.js'

/** @import { Relayed } from './types.d.ts' */

/** @type {Readonly<Record<string, string>>} */
const WHY = {
  'posted-interrupts-possible':
    'Its interrupts cannot be counted either: the hardware may hand them to the guest past the host, and none has been seen.',
}

export class RelayedInterrupts {
  constructor() {
    this.rows = el('tbody')
    this.words = el('p', { class: 'unobserved' })
    this.table = el(
      'table',
      { class: 'queues relayed' },
      el('caption', {}, 'What the host relays to it. Completions may share an interrupt.'),
      vectorHead(),
      this.rows
    )
    this.element = el('div', {}, this.words, this.table)
    this.drawnVectors = ''
    /** @type {readonly HTMLElement[]} */
    this.cells = []
    this.show(undefined)
  }

  /** @param {Relayed | undefined} interrupts undefined: nothing is to be said of them */
  show(interrupts) {
    const rates = interrupts?.observed ? interrupts : undefined
    const why = interrupts?.observed === false ? interrupts.why : undefined
    this.words.hidden = why === undefined
    this.words.textContent = why === undefined ? '' : (WHY[why] ?? why)
    this.table.hidden = rates === undefined
    this.layVectors(rates?.qid ?? [])
    rates?.perSecond.forEach((rate, row) => set(this.cells[row], rate))
  }

  /** @param {readonly number[]} vectors rows for these, made anew only when they are others */
  layVectors(vectors) {
    const now = vectors.join()
    if (now === this.drawnVectors) return
    this.drawnVectors = now
    this.cells = vectors.map((vector) =>
      el('td', { 'data-qid': vector, 'data-metric': 'interrupts.perSecond' })
    )
    const rows = this.cells.map((cell, row) =>
      el('tr', {}, el('th', { scope: 'row' }, `${vectors[row]}`), cell)
    )
    this.rows.replaceChildren(...rows)
  }
}

/**
 * @param {HTMLElement | undefined} cell
 * @param {number | null} rate
 */
function set(cell, rate) {
  if (!cell) throw new Error('there are more rates than vectors')
  cell.dataset.value = JSON.stringify(rate)
  cell.textContent = figure(rate)
  cell.classList.toggle('absent', rate === null)
}

function vectorHead() {
  const heads = ['Vector', 'Interrupts/s']
  const cells = heads.map((name) => el('th', { scope: 'col' }, name))
  return el('thead', {}, el('tr', {}, cells))
}

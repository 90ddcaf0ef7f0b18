/** The moving numbers of one function: its device and its queues. One frame changes them all in one go. */
import { el } from './dom.js'
import { RelayedInterrupts } from './relayed-interrupts.js'
import { Trends } from './trends.js'
import { figure, NOT_OBSERVED, timeOfDay, whyNot } from './words.js'

/** @import { DeviceMetric, Frame, Numbers, QueueMetric, Queues } from './types.d.ts' */

/** @type {readonly (readonly [metric: DeviceMetric, name: string, unit: string])[]} */
const DEVICE = [
  ['readCommandsPerSecond', 'reads', '/s'],
  ['writeCommandsPerSecond', 'writes', '/s'],
  ['readBytesPerSecond', 'read', 'MB/s'],
  ['writeBytesPerSecond', 'written', 'MB/s'],
  ['readLatencyMs', 'read latency', 'ms'],
  ['writeLatencyMs', 'write latency', 'ms'],
  ['inFlight', 'in flight', ''],
]

/** @type {readonly (readonly [metric: QueueMetric, name: string])[]} */
const QUEUE = [
  ['inFlight', 'In flight'],
  ['commandsPerSecond', 'Commands/s'],
  ['interruptsPerSecond', 'Interrupts/s'],
]

/** Mean latencies have no value when nothing completed: that is an observation, not the lack of one. */
/** @type {readonly string[]} */
const NOTHING_COMPLETED = ['readLatencyMs', 'writeLatencyMs']

/** Frames may be late by this much. */
const STALE_PERIODS = 5

export class Figures {
  constructor() {
    /** @type {Map<string, HTMLElement>} */
    this.cells = new Map()
    /** @type {HTMLElement[]} */
    this.queueRows = []
    this.device = el(
      'dl',
      { class: 'device' },
      DEVICE.map((column) => this.deviceCell(column))
    )
    this.rows = el('tbody')
    this.table = el('table', { class: 'queues' }, queueHead(), this.rows)
    this.words = el('p', { class: 'unobserved' }, 'Waiting for the first interval…')
    this.relayed = new RelayedInterrupts()
    this.trends = new Trends()
    const numbers = [this.device, this.trends.element, this.table]
    const parts = [this.words, this.relayed.element, ...numbers]
    this.element = el('div', { class: 'figures' }, parts)
    this.drawnQueues = ''
    this.shownAt = ''
    /** @type {number | undefined} */
    this.staleFrom = undefined
    this.observed(false)
  }

  /** @param {Frame} frame as it came from the socket */
  show(frame) {
    this.shownAt = frame.at
    this.staleFrom = Date.now() + STALE_PERIODS * frame.periodMs
    this.element.dataset.sequence = String(frame.sequence)
    this.element.dataset.periodMs = String(frame.periodMs)
    this.observed(frame.observed)
    this.relayed.show(frame.observed ? undefined : frame.interrupts)
    if (frame.observed) this.showNumbers(frame)
    else this.words.textContent = whyNot(frame.why)
    this.trends.show(frame)
  }

  /**
   * Numbers that no longer come are not left standing as if they were of now.
   *
   * @param {number} now ms
   */
  checkFreshness(now) {
    if (this.staleFrom === undefined || now < this.staleFrom) return
    this.staleFrom = undefined
    this.say(`No numbers have come since ${timeOfDay(this.shownAt)}.`)
  }

  /**
   * No frames are to be expected, and why.
   *
   * @param {string} words
   */
  say(words) {
    delete this.element.dataset.sequence
    this.observed(false)
    this.relayed.show(undefined)
    this.words.textContent = words
  }

  /** @param {boolean} observed */
  observed(observed) {
    this.element.dataset.observed = String(observed)
    this.words.hidden = observed
    this.device.hidden = !observed
    this.trends.element.hidden = !observed
    this.table.hidden = !observed
  }

  /** @param {Numbers} numbers */
  showNumbers({ device, queues }) {
    for (const [metric, , unit] of DEVICE) {
      const value = device[metric]
      const shown = unit === 'MB/s' && value !== null ? value / 1e6 : value
      const absent = NOTHING_COMPLETED.includes(metric) ? 'nothing completed' : NOT_OBSERVED
      this.set(metric, value, shown === null ? absent : `${figure(shown)} ${unit}`)
    }
    this.layQueues(queues)
    const busiest = Math.max(1, ...queues.commandsPerSecond.map((rate) => rate ?? 0))
    queues.qid.forEach((qid, row) => {
      for (const [metric] of QUEUE) {
        const value = queues[metric][row] ?? null
        this.set(`${qid} ${metric}`, value, figure(value))
      }
      const share = (queues.commandsPerSecond[row] ?? 0) / busiest
      this.queueRows[row]?.style.setProperty('--share', share.toFixed(3))
    })
  }

  /**
   * Rows for these queues, made anew only when the queues are others.
   *
   * @param {Queues} queues
   */
  layQueues({ qid, cpus }) {
    const queues = JSON.stringify([qid, cpus])
    if (queues === this.drawnQueues) return
    this.drawnQueues = queues
    this.trends.lay(qid)
    this.queueRows = qid.map((id, row) => this.queueRow(id, cpus[row]))
    this.rows.replaceChildren(...this.queueRows)
  }

  /**
   * @param {number} qid
   * @param {string | undefined} cpus
   */
  queueRow(qid, cpus) {
    const cells = QUEUE.map(([metric]) => {
      const cell = el('td', { 'data-qid': qid, 'data-metric': metric })
      this.cells.set(`${qid} ${metric}`, cell)
      return cell
    })
    const id = el('th', { scope: 'row' }, `${qid}`)
    return el('tr', {}, id, el('td', {}, cpus), cells, this.trends.cellOf(qid))
  }

  /** @param {(typeof DEVICE)[number]} column */
  deviceCell([metric, name]) {
    const value = el('dd', { 'data-metric': metric })
    this.cells.set(metric, value)
    return el('div', {}, el('dt', {}, name), value)
  }

  /**
   * @param {string} key
   * @param {number | null} value
   * @param {string} text
   */
  set(key, value, text) {
    const cell = this.cells.get(key)
    if (!cell) throw new Error(`there is no figure ${key}`)
    cell.dataset.value = JSON.stringify(value)
    cell.textContent = text
    cell.classList.toggle('absent', value === null)
  }
}

function queueHead() {
  const heads = ['Queue', 'CPUs', ...QUEUE.map(([, name]) => name), 'Last minute']
  return el(
    'thead',
    {},
    el(
      'tr',
      {},
      heads.map((name) => el('th', { scope: 'col' }, name))
    )
  )
}

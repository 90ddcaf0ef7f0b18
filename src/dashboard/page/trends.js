/** How a function's rate of commands, and that of each of its queues, has gone: drawn from the frames that came. */
import { el } from './dom.js'
import { Sparkline } from './sparkline.js'

/** @import { Frame, Numbers } from './types.d.ts' */

export class Trends {
  constructor() {
    this.device = new Sparkline('Commands/s')
    this.element = el('p', { class: 'trend', 'data-trend': 'device' }, 'commands/s')
    this.element.append(this.device.element)
    /** @type {Map<number, Sparkline>} by qid */
    this.queues = new Map()
    /** @type {number | undefined} of the last frame */
    this.sequence = undefined
  }

  /** @param {readonly number[]} qids from now on; those that are no more are forgotten */
  lay(qids) {
    this.queues = new Map(
      qids.map((qid) => [
        qid,
        this.queues.get(qid) ?? new Sparkline(`Commands/s of queue ${qid}`),
      ])
    )
  }

  /** @param {number} qid one of those that were laid */
  cellOf(qid) {
    const cell = el('td', { 'data-trend': qid })
    const line = this.queues.get(qid)
    if (line) cell.append(line.element)
    return cell
  }

  /** @param {Frame} frame whose queues were laid */
  show(frame) {
    if (this.sequence !== undefined && frame.sequence !== this.sequence + 1) this.gap()
    this.sequence = frame.sequence
    if (!frame.observed) return this.gap()
    this.device.add(commandsOf(frame))
    frame.queues.qid.forEach((qid, row) =>
      this.queues.get(qid)?.add(frame.queues.commandsPerSecond[row] ?? null)
    )
    this.device.draw(this.device.peak)
    const lines = [...this.queues.values()]
    const top = Math.max(0, ...lines.map(({ peak }) => peak))
    for (const line of lines) line.draw(top)
  }

  /** Frames are missing, or said nothing. */
  gap() {
    for (const line of [this.device, ...this.queues.values()]) line.add(null)
  }
}

/** @param {Numbers} numbers */
function commandsOf({ device }) {
  const { readCommandsPerSecond: reads, writeCommandsPerSecond: writes } = device
  return reads === null || writes === null ? null : reads + writes
}

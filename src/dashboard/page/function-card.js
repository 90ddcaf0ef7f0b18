/** One function of the tree: what it is, what may be done with it, its numbers, and what its consumer needs. */
import { el, placeOf, whenChanged } from './dom.js'
import { driftTable } from './drift-view.js'
import { Figures } from './figures.js'
import { standingPart } from './standing.js'

/** @import { Action, Assignment, Frame, Shown } from './types.d.ts' */

export class FunctionCard {
  /**
   * @param {'controller' | 'virtualFunction'} kind
   * @param {string} id
   */
  constructor(kind, id) {
    this.figures = new Figures()
    this.head = el('header')
    this.standings = placeOf()
    this.drift = placeOf()
    this.handOver = placeOf()
    this.element = el(
      'article',
      { class: `function ${kind}`, 'data-function-id': id, 'data-kind': kind },
      this.head,
      this.standings.element,
      this.drift.element,
      this.figures.element,
      this.handOver.element
    )
    this.headChanged = whenChanged()
    /** @type {readonly Action[]} as of the last look: what they ask shows the fleet as it is by then. */
    this.actions = []
  }

  /**
   * @param {Shown} shown
   * @param {readonly Action[]} actions
   */
  update(shown, actions) {
    const { title, facts, badges, standings, drift, assignment, silent } = shown
    this.actions = actions
    const labels = actions.map(({ name, label }) => [name, label])
    this.headChanged([title, facts, badges, labels], () => this.drawHead(shown))
    this.standings.show(standings, () => standings.map(standingPart))
    this.drift.show(drift, () => [driftTable(drift)])
    this.handOver.show(assignment?.handOver ?? null, () => [handOverPart(assignment)])
    if (silent) this.figures.say(silent)
  }

  /** @param {string} name */
  act(name) {
    void this.actions.find((action) => action.name === name)?.run()
  }

  /** @param {Frame} frame */
  showFrame(frame) {
    this.figures.show(frame)
  }

  /** @param {Shown} shown */
  drawHead({ title, facts, badges }) {
    const buttons = this.actions.map(({ name, label }) =>
      el(
        'button',
        { type: 'button', 'data-action': name, onclick: () => this.act(name) },
        label
      )
    )
    this.head.replaceChildren(
      el('h4', {}, title),
      el(
        'ul',
        { class: 'badges' },
        badges.map(([text, tone]) => el('li', { 'data-tone': tone }, text))
      ),
      el('div', { class: 'actions' }, buttons),
      el('p', { class: 'facts' }, facts.filter(Boolean).join(' · '))
    )
  }
}

/** @param {Assignment | undefined} assignment */
function handOverPart(assignment) {
  if (!assignment?.handOver) return null
  const { consumer, handOver } = assignment
  return el(
    'details',
    { class: 'hand-over' },
    el('summary', {}, `For its consumer ${consumer}: ${handOver.vfioPath}`),
    el('h5', {}, 'QEMU'),
    el('pre', {}, handOver.qemuArguments.join(' ')),
    el('h5', {}, 'libvirt'),
    el('pre', {}, handOver.libvirtXml)
  )
}

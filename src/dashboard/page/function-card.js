/** One function of the tree: what it is, what may be done with it, its numbers, and what its consumer needs. */
import { el, whenChanged } from './dom.js'
import { Figures } from './figures.js'

/** @import { Action, Assignment, Frame, Shown } from './types.d.ts' */

export class FunctionCard {
  /**
   * @param {'controller' | 'virtualFunction'} kind
   * @param {string} id
   */
  constructor(kind, id) {
    this.figures = new Figures()
    this.head = el('header')
    this.handOver = el('div')
    this.element = el(
      'article',
      { class: `function ${kind}`, 'data-function-id': id, 'data-kind': kind },
      this.head,
      this.figures.element,
      this.handOver
    )
    this.headChanged = whenChanged()
    this.handOverChanged = whenChanged()
  }

  /**
   * @param {Shown} shown
   * @param {readonly Action[]} actions
   */
  update(shown, actions) {
    const labels = actions.map(({ name, label }) => [name, label])
    this.headChanged([shown.title, shown.facts, shown.badges, labels], () =>
      this.drawHead(shown, actions)
    )
    this.handOverChanged(shown.assignment?.handOver ?? null, () =>
      this.drawHandOver(shown.assignment)
    )
    if (shown.silent) this.figures.say(shown.silent)
  }

  /** @param {Frame} frame */
  showFrame(frame) {
    this.figures.show(frame)
  }

  /**
   * @param {Shown} shown
   * @param {readonly Action[]} actions
   */
  drawHead({ title, facts, badges }, actions) {
    const buttons = actions.map(({ name, label, run }) =>
      el('button', { type: 'button', 'data-action': name, onclick: run }, label)
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

  /** @param {Assignment | undefined} assignment */
  drawHandOver(assignment) {
    if (!assignment?.handOver) return this.handOver.replaceChildren()
    const { handOver } = assignment
    this.handOver.replaceChildren(
      el(
        'details',
        { class: 'hand-over' },
        el('summary', {}, `For its consumer ${assignment.consumer}: ${handOver.vfioPath}`),
        el('h5', {}, 'QEMU'),
        el('pre', {}, handOver.qemuArguments.join(' ')),
        el('h5', {}, 'libvirt'),
        el('pre', {}, handOver.libvirtXml)
      )
    )
  }
}

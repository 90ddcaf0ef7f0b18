/** Checks that the operator asks not to refuse, each by its own name and by a click of its own. */
import { el } from './dom.js'

/** @import { Acceptable } from './types.d.ts' */

/** @type {Readonly<Record<Acceptable, string>>} */
const MEANINGS = {
  'not-tenant-safe': 'assign it although it is not tenant-safe',
  'isolation-weakened': 'assign it although the kernel isolates less than its groups say',
}

/** @param {string} check */
function isAcceptable(check) {
  return Object.hasOwn(MEANINGS, check)
}

export class AcceptBoxes {
  constructor() {
    this.element = el(
      'fieldset',
      { class: 'accepts', hidden: true },
      el('legend', {}, 'Accept, each by its name')
    )
    /** @type {Map<Acceptable, HTMLInputElement>} */
    this.boxes = new Map()
  }

  /**
   * Those that can be accepted get a box, which stays when they refuse no more.
   *
   * @param {readonly string[]} checks
   */
  offer(checks) {
    for (const check of checks) {
      if (isAcceptable(check)) this.#box(/** @type {Acceptable} */ (check))
    }
    this.element.hidden = this.boxes.size === 0
  }

  accepted() {
    return [...this.boxes].filter(([, box]) => box.checked).map(([check]) => check)
  }

  /** @param {Acceptable} check */
  #box(check) {
    if (this.boxes.has(check)) return
    const box = el('input', { type: 'checkbox', 'data-accepts': check })
    this.boxes.set(check, box)
    const words = el('span', {}, el('code', {}, check), `: ${MEANINGS[check]}`)
    this.element.append(el('label', { class: 'check' }, box, words))
  }
}

/** Elements without markup in strings: nothing that a host reports can become HTML. */

/** @import { Attributes, Child } from './types.d.ts' */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} attributes functions are listeners, named `onclick`; undefined, null and false are left out
 * @param {readonly (Child | readonly Child[])[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue
    if (typeof value === 'function') element.addEventListener(name.slice(2), value)
    else element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(
    ...children.flat().filter((child) => child !== null && child !== undefined)
  )
  return element
}

/**
 * An element that index.html has.
 *
 * @param {string} id
 */
export function byId(id) {
  const element = document.getElementById(id)
  if (!element) throw new Error(`index.html has no ${id}`)
  return element
}

/**
 * Makes the children of a parent these elements, in this order, moving only what has to move.
 *
 * @param {HTMLElement} parent
 * @param {readonly HTMLElement[]} elements
 */
export function arrange(parent, elements) {
  elements.forEach((element, place) => {
    if (parent.children[place] !== element)
      parent.insertBefore(element, parent.children[place] ?? null)
  })
  while (parent.children.length > elements.length) parent.lastElementChild?.remove()
}

/**
 * Runs `draw` only when what it draws differs from last time, so that focus and open details survive.
 *
 * @returns {(value: unknown, draw: () => void) => void}
 */
export function whenChanged() {
  /** @type {string | undefined} */
  let drawn
  return (value, draw) => {
    const now = JSON.stringify(value)
    if (now === drawn) return
    drawn = now
    draw()
  }
}

/**
 * A place whose content is drawn again only when what it shows differs.
 *
 * @param {Attributes} [attributes]
 */
export function placeOf(attributes) {
  const element = el('div', attributes)
  const changed = whenChanged()
  /**
   * @param {unknown} value
   * @param {() => readonly (HTMLElement | null)[]} draw
   */
  const show = (value, draw) =>
    changed(value, () => element.replaceChildren(...draw().filter((part) => part !== null)))
  return { element, show }
}

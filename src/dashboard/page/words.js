/** Numbers and states as they are shown. What was not observed is said in words, never drawn as zero. */

export const NOT_OBSERVED = 'not observed'

/** @type {Readonly<Record<string, string>>} */
const WHY = {
  'owned-by-guest': 'A guest owns these queues: the host cannot see them.',
  'no-driver': 'No driver holds this function: nothing counts its commands.',
  gone: 'The function is gone.',
  'controller-not-live': 'The controller is not live.',
}

/** @param {string} why */
export function whyNot(why) {
  return WHY[why] ?? why
}

/**
 * Up to 100 with one decimal, from there whole, in groups of three.
 *
 * @param {number | null | undefined} value
 */
export function figure(value) {
  if (value === null || value === undefined) return NOT_OBSERVED
  const text = Math.abs(value) < 100 ? value.toFixed(1) : value.toFixed(0)
  return text.replace(/\.0$/, '').replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f')
}

/** @param {string} text a decimal number */
export function bytes(text) {
  const value = Number(text)
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  const power =
    value > 0 ? Math.min(Math.floor(Math.log2(value) / 10), units.length - 1) : 0
  return `${figure(value / 2 ** (10 * power))} ${units[power]}`
}

/**
 * @param {number} count
 * @param {string} one
 */
export function plural(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`
}

/**
 * With its day, unless that is today.
 *
 * @param {string} iso
 */
export function timeOfDay(iso) {
  const at = new Date(iso)
  const time = at.toLocaleTimeString([], { hour12: false })
  const isToday = at.toDateString() === new Date().toDateString()
  return isToday ? time : `${at.toLocaleDateString()} ${time}`
}

/** @type {Readonly<Record<string, string>>} */
const WORKFLOWS = {
  'provision-virtual-functions': 'Provision VFs',
  'retire-virtual-function': 'Retire a VF',
  'assign-function': 'Assign',
  'release-assignment': 'Release',
  'adopt-virtual-function': 'Adopt a VF',
  'resize-primary': 'Resize the primary',
  'restore-virtual-function': 'Heal a VF',
  'restore-assignment': 'Bring an assignment back',
}

/** @param {string} workflow */
export function workflowName(workflow) {
  return WORKFLOWS[workflow] ?? workflow
}

/** The last minute of a number as a line. What was not observed is a gap in it, never a zero. */

const POINTS = 60
const HEIGHT = 20
const SVG = 'http://www.w3.org/2000/svg'

export class Sparkline {
  /** @param {string} name of what it shows, for who cannot see it */
  constructor(name) {
    /** @type {(number | null)[]} one for each frame, the newest last */
    this.values = []
    this.element = svg('svg', {
      class: 'sparkline',
      viewBox: `0 0 ${POINTS - 1} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': `${name}, the last ${POINTS} frames`,
    })
  }

  /** @param {number | null} value null: not observed */
  add(value) {
    this.values.push(value)
    if (this.values.length > POINTS) this.values.shift()
  }

  get peak() {
    return Math.max(0, ...this.values.map((value) => value ?? 0))
  }

  /** @param {number} top the value that is drawn highest; lines with the same one can be compared */
  draw(top) {
    const lines = runsOf(this.values).map((run) =>
      svg('polyline', {
        points: run.map(([at, value]) => pointOf(at, value, top)).join(' '),
      })
    )
    this.element.replaceChildren(...lines)
  }
}

/**
 * Values that follow one another without a gap, each with its place from the left. One alone is there twice, so that it is
 * a dot.
 *
 * @param {readonly (number | null)[]} values
 */
function runsOf(values) {
  const first = POINTS - values.length
  /** @type {(readonly [at: number, value: number])[][]} */
  const runs = [[]]
  values.forEach((value, n) => {
    if (value === null) runs.push([])
    else runs.at(-1)?.push([first + n, value])
  })
  return runs
    .filter(({ length }) => length > 0)
    .map((run) => (run.length === 1 ? [...run, ...run] : run))
}

/**
 * @param {number} at
 * @param {number} value
 * @param {number} top
 */
function pointOf(at, value, top) {
  const height = top > 0 ? (value / top) * (HEIGHT - 2) : 0
  return `${at},${(HEIGHT - 1 - height).toFixed(2)}`
}

/**
 * @param {string} name
 * @param {Readonly<Record<string, string>>} attributes
 */
function svg(name, attributes) {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  return element
}

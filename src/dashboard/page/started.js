/** Who is told of the operations that this page begins. */

/** @import { Operation } from './types.d.ts' */

/** @type {(operation: Operation) => void} */
let listener = () => undefined

/** @param {(operation: Operation) => void} told of each from now on */
export function whenStarted(told) {
  listener = told
}

/** @param {Operation} operation */
export function tellStarted(operation) {
  listener(operation)
}

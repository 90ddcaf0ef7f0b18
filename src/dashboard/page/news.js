/** What a button has brought about, told to whoever looks again. */

/** @import { Operation } from './types.d.ts' */

const NOBODY = {
  /** @param {Operation} _operation that it has begun */
  onStarted: (_operation) => undefined,
  /** It has changed something that is no operation. */
  onChanged: () => undefined,
}

/** @type {{ readonly onStarted: (operation: Operation) => void, readonly onChanged: () => void }} */
let listener = NOBODY

/** @param {typeof listener} told of everything from now on */
export function listenToNews(told) {
  listener = told
}

/** @param {Operation} operation */
export function tellStarted(operation) {
  listener.onStarted(operation)
}

export function tellChanged() {
  listener.onChanged()
}

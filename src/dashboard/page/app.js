/** The live page: looks at the fleet, follows operations, and draws the frames of the hosts that are open. */
import { keepToken, ProblemError } from './api.js'
import { ask, hideProblem, showProblem } from './dialog.js'
import { byId } from './dom.js'
import { textOf } from './fields.js'
import { Operations, readFleet } from './fleet-data.js'
import { FleetView } from './fleet-view.js'
import { OperationsView } from './operations-view.js'
import { listenToNews } from './news.js'
import { telemetryStream } from './stream.js'

/** @import { ClientMessage } from './types.d.ts' */

const OPERATIONS_EVERY_MS = 1_000
const FLEET_EVERY_MS = 4_000
const PERIOD_MS = 1_000

const connection = byId('connection')
const fleetView = new FleetView(byId('fleet'), watchOpenHosts)
const operationsView = new OperationsView(byId('operations'))
const operations = new Operations()
/** @type {ReturnType<typeof telemetryStream> | undefined} */
let stream
let fleetDueAt = 0
/** Asked for since the last look began. */
let dueNow = false
/** @type {ReturnType<typeof setTimeout> | undefined} undefined: it looks just now */
let nextLook
let unreachable = false

listenToNews({
  onStarted: (operation) => {
    operations.add(operation)
    operationsView.update(operations.newestFirst())
    lookNow()
  },
  onChanged: lookNow,
})
void look()
setInterval(() => fleetView.checkFreshness(), PERIOD_MS)

/** One look after the other, for as long as the page lives. */
async function look() {
  clearTimeout(nextLook)
  nextLook = undefined
  dueNow = false
  try {
    if (await operations.refresh()) fleetDueAt = 0
    operationsView.update(operations.newestFirst())
    if (Date.now() >= fleetDueAt) await lookAtFleet()
    if (unreachable) hideProblem()
    unreachable = false
  } catch (error) {
    if (await mended(error)) return void look()
    unreachable = !(error instanceof ProblemError)
    showProblem(error)
  }
  nextLook = setTimeout(look, dueNow ? 0 : OPERATIONS_EVERY_MS)
}

/** There is something new to see. */
function lookNow() {
  fleetDueAt = 0
  dueNow = true
  if (nextLook !== undefined) void look()
}

async function lookAtFleet() {
  fleetDueAt = Date.now() + FLEET_EVERY_MS
  fleetView.update(await readFleet())
  stream ??= telemetryStream({
    onFrame: (frame) => fleetView.showFrame(frame),
    onState: showConnection,
    onProblem: (problem) => showProblem(new ProblemError(problem)),
  })
  watchOpenHosts()
}

function watchOpenHosts() {
  /** @type {Map<string, ClientMessage>} */
  const messages = new Map()
  for (const hostId of fleetView.openHosts()) {
    const asked = { id: hostId, hostIds: [hostId], periodMs: PERIOD_MS }
    messages.set(hostId, { type: 'subscribe', ...asked })
  }
  stream?.want(messages)
}

/** @param {'open' | 'closed'} state */
function showConnection(state) {
  connection.dataset.state = state
  connection.textContent =
    state === 'open' ? 'live' : 'no connection: the numbers stand still'
}

/**
 * Without a token the service says 401; with one it may go on.
 *
 * @param {unknown} error
 */
function mended(error) {
  if (!(error instanceof ProblemError) || error.problem.status !== 401) return false
  return new Promise((resolve) => {
    ask({
      title: 'Token',
      words: `${error.problem.detail}. This fleet needs the token that the service wrote into the file token of its data folder.`,
      fields: [{ name: 'token', label: 'Token', type: 'password', required: true }],
      submit: 'Use it',
      closable: false,
      run: (form) => {
        keepToken(textOf(form, 'token').trim())
        resolve(true)
      },
    })
  })
}

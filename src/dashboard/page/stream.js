/** The telemetry socket: subscriptions that outlive a lost connection. */
import { token } from './api.js'

/** @import { ClientMessage, Frame, Problem, ServerMessage } from './types.d.ts' */

const PROTOCOL = 'nvirt.telemetry.v1'
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 4_000

/**
 * @param {{
 *   readonly onFrame: (frame: Frame) => void,
 *   readonly onState: (state: 'open' | 'closed') => void,
 *   readonly onProblem: (problem: Problem) => void,
 * }} listeners a frame, as it came; problems that the socket told
 */
export function telemetryStream({ onFrame, onState, onProblem }) {
  /** @type {Map<string, ClientMessage>} */
  const wanted = new Map()
  /** @type {WebSocket} */
  let socket
  let pauseMs = FIRST_PAUSE_MS
  let stopped = false

  connect()
  return { want, stop }

  function connect() {
    const known = token()
    const protocols = known ? [PROTOCOL, `nvirt.token.${known}`] : [PROTOCOL]
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    socket = new WebSocket(`${scheme}://${location.host}/v1/telemetry`, protocols)
    socket.addEventListener('open', opened)
    socket.addEventListener('close', closed)
    socket.addEventListener('message', ({ data }) => take(readMessage(data)))
  }

  function opened() {
    pauseMs = FIRST_PAUSE_MS
    onState('open')
    for (const message of wanted.values()) send(message)
  }

  function closed() {
    if (stopped) return
    onState('closed')
    // Not all pages of a room at the same instant.
    setTimeout(connect, pauseMs * (0.5 + Math.random() / 2))
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
  }

  /** @param {ServerMessage} message */
  function take(message) {
    if (message.type === 'frame') onFrame(message)
    if (message.type === 'error') onProblem(message.problem)
  }

  /**
   * Makes the subscriptions these: messages by id.
   *
   * @param {ReadonlyMap<string, ClientMessage>} messages
   */
  function want(messages) {
    for (const id of [...wanted.keys()].filter((known) => !messages.has(known))) {
      wanted.delete(id)
      send({ type: 'unsubscribe', id })
    }
    for (const [id, message] of messages) {
      if (wanted.has(id)) continue
      wanted.set(id, message)
      send(message)
    }
  }

  /** @param {ClientMessage} message */
  function send(message) {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
  }

  function stop() {
    stopped = true
    socket.close()
  }
}

/**
 * @param {string} data
 * @returns {ServerMessage}
 */
function readMessage(data) {
  return JSON.parse(data)
}

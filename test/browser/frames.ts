/** The socket's frames, kept by an independent client, and the page's figures of the same sequence numbers. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import WebSocket from 'ws'
import type { TelemetryFrame } from '../../src/telemetry/telemetry.ts'
import { eventually } from '../support/eventually.ts'

/** What a card of the page shows at one instant. */
export type Shown = {
  readonly functionId: string
  readonly sequence: number
  readonly periodMs: number
  readonly observed: boolean
  readonly words: string
  readonly cells: readonly {
    readonly metric: string
    readonly qid: number | null
    readonly value: number | null
    readonly text: string
  }[]
  /** `of` the device, or a queue's id; points from the left. */
  readonly lines: readonly {
    readonly of: string
    readonly points: readonly (readonly [x: number, y: number])[]
  }[]
}

export class FrameLog {
  readonly #frames = new Map<string, TelemetryFrame>()
  readonly #socket: WebSocket

  /** @param token where the fleet needs one */
  constructor(url: string, hostIds: readonly string[], periodMs: number, token?: string) {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const address = `${url.replace('http', 'ws')}/v1/telemetry`
    this.#socket = new WebSocket(address, { headers })
    this.#socket.on('open', () =>
      this.#socket.send(JSON.stringify({ type: 'subscribe', id: 'log', hostIds, periodMs }))
    )
    this.#socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as TelemetryFrame & { type: string }
      if (message.type === 'frame') this.#frames.set(key(message), message)
    })
  }

  frameOf(shown: Pick<Shown, 'functionId' | 'sequence'>): TelemetryFrame | undefined {
    return this.#frames.get(key(shown))
  }

  close(): void {
    this.#socket.close()
  }
}

function key({ functionId, sequence }: { functionId: string; sequence: number }): string {
  return `${functionId} ${sequence}`
}

/** All cards that show a frame. Read in one go: the page changes a card in one go too. */
export function shownFigures(page: Page): Promise<readonly Shown[]> {
  return page.$$eval('.figures[data-sequence]', (elements) =>
    elements.map((element) => ({
      functionId:
        element.closest('[data-function-id]')?.getAttribute('data-function-id') ?? '',
      sequence: Number(element.getAttribute('data-sequence')),
      periodMs: Number(element.getAttribute('data-period-ms')),
      observed: element.getAttribute('data-observed') === 'true',
      words: element.querySelector('.unobserved')?.textContent ?? '',
      cells: [...element.querySelectorAll('[data-metric]')].map((cell) => ({
        metric: cell.getAttribute('data-metric') ?? '',
        qid: cell.hasAttribute('data-qid') ? Number(cell.getAttribute('data-qid')) : null,
        value: JSON.parse(cell.getAttribute('data-value') ?? 'null') as number | null,
        text: cell.textContent ?? '',
      })),
      lines: [...element.querySelectorAll('[data-trend]')].map((line) => ({
        of: line.getAttribute('data-trend') ?? '',
        points: [...line.querySelectorAll('polyline')].flatMap((run) =>
          (run.getAttribute('points') ?? '').split(' ').map((point: string) => {
            const [x = NaN, y = NaN] = point.split(',').map(Number)
            return [x, y] as const
          })
        ),
      })),
    }))
  )
}

/** Figures of busy functions, each of which has shown a later frame than it did before: they do not come all at once. */
export function laterFigures(
  page: Page,
  before: readonly Shown[]
): Promise<readonly Shown[]> {
  return eventually('a later frame', async () => {
    const now = await shownFigures(page)
    const isLater = before.filter(isBusy).every((first) => hasMovedOn(first, now))
    return isLater && now.some(isBusy) ? now : undefined
  })
}

function hasMovedOn(before: Shown, now: readonly Shown[]): boolean {
  const later = now.find(({ functionId }) => functionId === before.functionId)
  return later === undefined || later.sequence > before.sequence
}

/** @throws AssertionError unless every figure is the frame's */
export function assertSame(shown: Shown, frame: TelemetryFrame): void {
  assert.equal(shown.observed, frame.observed)
  assert.equal(shown.periodMs, frame.periodMs)
  if (!frame.observed) return assertSameRelayed(shown, frame)
  const device: Readonly<Record<string, number | null>> = frame.device
  const { qid: qids, inFlight, commandsPerSecond, interruptsPerSecond } = frame.queues
  const columns: Readonly<Record<string, readonly (number | null)[]>> = {
    inFlight,
    commandsPerSecond,
    interruptsPerSecond,
  }
  assert.equal(shown.cells.length, Object.keys(device).length + 3 * qids.length)
  for (const { metric, qid, value, text } of shown.cells) {
    const told = qid === null ? device[metric] : columns[metric]?.[qids.indexOf(qid)]
    assert.deepEqual(value, told, `${metric} of queue ${qid}`)
    assertText(metric, value, text)
  }
}

/** All that is shown of a function that is not observed: interrupts by vector. */
function assertSameRelayed(
  { cells }: Shown,
  { interrupts }: Extract<TelemetryFrame, { observed: false }>
): void {
  const vectors = cells.filter(({ metric }) => metric === 'interrupts.perSecond')
  const seen = interrupts?.observed ? interrupts : { qid: [], perSecond: [] }
  assert.deepEqual(
    vectors.map(({ qid, value }) => [qid, value]),
    seen.qid.map((qid, row) => [qid, seen.perSecond[row]])
  )
  for (const { metric, value, text } of vectors) assertText(metric, value, text)
}

/** What the eye sees is the number: rounded, grouped, bytes as megabytes. */
function assertText(metric: string, value: number | null, text: string): void {
  if (value === null) return assert.match(text, /^(not observed|nothing completed)$/)
  const seen = Number.parseFloat(text.replaceAll(/(\d)[ \u202f](?=\d)/g, '$1'))
  const meant = metric.endsWith('BytesPerSecond') ? value / 1e6 : value
  const rounding = Math.abs(meant) < 100 ? 0.05 : 0.5
  assert.ok(Math.abs(seen - meant) <= rounding + 1e-9, `${metric}: ${text} for ${value}`)
}

/**
 * What the eye sees of a busy function differs from one frame to a later one.
 *
 * @throws AssertionError naming the functions that stand still
 */
export function assertMoved(before: readonly Shown[], after: readonly Shown[]): void {
  const pairs = after.flatMap((later) => {
    const first = before.find(({ functionId }) => functionId === later.functionId)
    const isLater = first !== undefined && first.sequence < later.sequence
    return isLater && isBusy(first) && isBusy(later) ? [{ first, later }] : []
  })
  const still = pairs.filter(({ first, later }) => textOf(first) === textOf(later))
  assert.ok(pairs.length > 0, 'no busy function has shown two frames')
  assert.deepEqual(
    still.map(({ later }) => `${later.functionId}: ${textOf(later)}`),
    []
  )
}

function isBusy({ observed, cells }: Shown): boolean {
  return (
    observed && cells.some(({ metric, value }) => metric === 'commandsPerSecond' && value)
  )
}

function textOf({ cells }: Shown): string {
  return cells.map(({ text }) => text).join(', ')
}

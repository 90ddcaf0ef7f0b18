/** The calling thread's side of the writer: sends transactions, hands back what became of them in the order of their commits. */
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import type { CommitResult, StoreWrite } from './store.ts'
import { StoreError } from './store-error.ts'
import { packTransaction, type Wire } from './wire-writes.ts'
import type { WriterReply, WriterRequest, WriterSettings } from './writer-messages.ts'
import { AT_ONCE, fromWire, toWire } from './writer-messages.ts'

export interface Writer {
  readonly commit: (writes: readonly StoreWrite[]) => Promise<CommitResult>
  /** Commits what has been sent, then ends the thread. */
  readonly close: () => Promise<void>
}

const WITHOUT_NEWS: CommitResult = { events: [], fence: null }

/** For what was written meanwhile. */
const LOOKS_A_TURN = 64

/** Told of each transaction that is durable, before its `commit` resolves. */
export type OnCommit = (writes: readonly StoreWrite[], result: CommitResult) => void

type Sent = {
  readonly writes: readonly StoreWrite[]
  readonly resolve: (result: CommitResult) => void
  readonly reject: (error: Error) => void
}

/** @throws {StoreError} when the database cannot be opened or migrated */
export async function startWriter(
  settings: WriterSettings,
  onCommit: OnCommit
): Promise<Writer> {
  const { port1: replies, port2 } = new MessageChannel()
  const worker = startThread(settings, port2)
  const sent = new Map<number, Sent>()
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  let lastId = 0
  let over: StoreError | undefined

  await ready(worker, replies)
  replies.on('message', settleAll)
  worker.on('error', (error) => {
    settleThoseThatCame()
    giveUp(error)
  })
  worker.on('exit', () => {
    settleThoseThatCame()
    giveUp()
  })

  function settleAll(reply: WriterReply): void {
    if (reply.reply !== 'committed') return
    for (const outcome of reply.outcomes)
      if (typeof outcome === 'number') durable(outcome, WITHOUT_NEWS)
      else if (outcome.ok) durable(outcome.id, outcome.result)
      else sentOf(outcome.id)?.reject(fromWire(outcome.error))
  }

  function settleThoseThatCame(): void {
    for (let came = nextReply(replies); came; came = nextReply(replies)) settleAll(came)
  }

  function durable(id: number, result: CommitResult): void {
    const transaction = sentOf(id)
    if (transaction === undefined) return
    onCommit(transaction.writes, result)
    transaction.resolve(result)
  }

  function sentOf(id: number): Sent | undefined {
    const transaction = sent.get(id)
    sent.delete(id)
    return transaction
  }

  /** Without its writer a process can do nothing that lasts: it ends, and the next one goes on. */
  function giveUp(cause?: unknown): void {
    if (over === undefined) {
      const died = new StoreError('writing the database', { kind: 'writer-ended' }, cause)
      over = died
      queueMicrotask(() => {
        throw died
      })
    }
    for (const { reject } of sent.values()) reject(over)
    sent.clear()
  }

  const send = (request: WriterRequest) => worker.postMessage(request)
  let waiting: Wire = []
  let looks = 0
  let count = 0

  /**
   * What is asked for in one turn of the loop crosses in few messages, since each costs as much as its transaction; but of
   * many the first are written while the others are still being asked for.
   */
  function sendLater(id: number, writes: readonly StoreWrite[]): void {
    packTransaction(waiting, id, writes)
    count++
    if (count === 1) sendSoon()
    else if (count === AT_ONCE) {
      sendWaiting()
      settleSoon()
    }
  }

  /** With the turn of the loop; but what remains of many must not wait until all that follows from the others is done. */
  function sendSoon(): void {
    if (looks > 0) queueMicrotask(sendWaiting)
    else setImmediate(sendWaiting)
  }

  /**
   * Who asks for so many keeps the loop from its messages: whoever was written meanwhile goes on between two of them. So many
   * times at most in one turn of the loop, since those that go on may ask for as many again.
   */
  function settleSoon(): void {
    if (looks === 0) setImmediate(() => (looks = 0))
    if (looks++ < LOOKS_A_TURN) queueMicrotask(settleThoseThatCame)
  }

  function sendWaiting(): void {
    const transactions = waiting
    waiting = []
    count = 0
    if (transactions.length > 0) send({ ask: 'commit', transactions })
  }

  return {
    commit: (writes) =>
      new Promise((resolve, reject) => {
        if (over) {
          reject(over)
          return
        }
        const id = ++lastId
        try {
          sendLater(id, writes)
          sent.set(id, { writes, resolve, reject })
        } catch (cause) {
          reject(fromWire(toWire(cause, 'sending a transaction')))
        }
      }),
    close: async () => {
      over ??= new StoreError('writing a closed database', { kind: 'writer-ended' })
      sendWaiting()
      send({ ask: 'close' })
      await ended
    },
  }
}

/** Compiled, the thread's file is JavaScript beside this one. */
function startThread(settings: WriterSettings, replies: MessagePort): Worker {
  const fromSources = import.meta.url.endsWith('.ts')
  const entry = fromSources ? './writer-from-sources.mjs' : './writer-thread.js'
  return new Worker(new URL(entry, import.meta.url), {
    workerData: { ...settings, replies },
    transferList: [replies],
    execArgv: [],
  })
}

function nextReply(replies: MessagePort): WriterReply | undefined {
  const came = receiveMessageOnPort(replies) as
    { readonly message: WriterReply } | undefined // by the writer's thread alone
  return came?.message
}

function ready(worker: Worker, replies: MessagePort): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    replies.once('message', (reply: WriterReply) => {
      worker.off('error', reject)
      if (reply.reply === 'failed') reject(fromWire(reply.error))
      else resolve()
    })
  })
}

/** The writer's thread: opens and migrates the database, then commits what it is asked to, one group after the other. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { commitGroup } from './group-commit.ts'
import { migrate } from './migrate.ts'
import { readMigrations } from './migrations-folder.ts'
import type { CommitResult } from './store.ts'
import type { WriterConnection } from './writer-connection.ts'
import { openWriterConnection } from './writer-connection.ts'
import { unpackTransactions } from './wire-reading.ts'
import type { WireTransaction } from './wire-writes.ts'
import type { WriterReply, WriterRequest, WriterSettings } from './writer-messages.ts'
import { AT_ONCE, toWire } from './writer-messages.ts'

const port = parentPort
if (port === null) throw new Error('the writer runs as a worker thread')

const settings = workerData as WriterSettings & { readonly replies: MessagePort } // from writer.ts, typed there
const reply = (message: WriterReply) => settings.replies.postMessage(message)

try {
  const connection = await openWriterConnection(settings.file)
  migrate(connection.db, readMigrations(settings.migrationsFolder))
  serve(port, connection)
  reply({ reply: 'ready' })
} catch (error) {
  reply({ reply: 'failed', error: toWire(error, `opening ${settings.file}`) })
  port.close()
}

function serve(asking: MessagePort, connection: WriterConnection): void {
  const waiting: WireTransaction[] = []
  let busy: Promise<void> | undefined
  let closing = false

  asking.on('message', (request: WriterRequest) => {
    hear(request)
    busy ??= work()
  })

  function hear(request: WriterRequest): void {
    if (request.ask === 'close') closing = true
    else waiting.push(...unpackTransactions(request.transactions))
  }

  async function work(): Promise<void> {
    while (hearAll() > 0) {
      await commit(waiting.splice(0, AT_ONCE))
    }
    busy = undefined
    if (!closing) return
    await connection.close()
    asking.close()
  }

  /** What has been sent meanwhile waits with the others. @returns how many transactions do */
  function hearAll(): number {
    for (let came = next(); came; came = next()) hear(came.message)
    return waiting.length
  }

  function next() {
    return receiveMessageOnPort(asking) as { readonly message: WriterRequest } | undefined // by writer.ts alone
  }

  async function commit(group: readonly WireTransaction[]): Promise<void> {
    const outcomes = await commitGroup(
      connection,
      group.map(({ writes }) => writes)
    )
    reply({
      reply: 'committed',
      outcomes: outcomes.map((outcome, index) => {
        const id = group[index]?.id ?? -1 // same length, by contract
        if (!outcome.ok)
          return { id, ok: false, error: toWire(outcome.error, 'writing a transaction') }
        return hasNews(outcome.result) ? { id, ok: true, result: outcome.result } : id
      }),
    })
  }
}

function hasNews({ events, fence }: CommitResult): boolean {
  return events.length > 0 || fence !== null
}

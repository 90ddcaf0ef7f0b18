/**
 * Prisma's driver adapter for use inside a transaction that is already open on the same connection: what Prisma calls
 * a transaction becomes a savepoint. `usePhantomQuery` tells Prisma's engine not to send COMMIT and ROLLBACK as
 * statements of its own (prisma/prisma, packages/client-engine-runtime, TransactionManager).
 *
 * Sound since the writer does one thing at a time: while a Prisma call is awaited nobody else uses the connection.
 */
import type {
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  Transaction,
} from '@prisma/driver-adapter-utils'

export function nestedAdapter(adapter: SqlDriverAdapter): SqlDriverAdapterFactory {
  const { provider, adapterName } = adapter
  const nested: SqlDriverAdapter = {
    provider,
    adapterName,
    queryRaw: (query) => adapter.queryRaw(query),
    executeRaw: (query) => adapter.executeRaw(query),
    executeScript: (script) => adapter.executeScript(script),
    startTransaction: () => startSavepoint(adapter),
    // The connection is the writer's to close.
    dispose: () => Promise.resolve(),
  }
  return { provider, adapterName, connect: () => Promise.resolve(nested) }
}

const NAME = 'prisma'

async function startSavepoint(adapter: SqlDriverAdapter): Promise<Transaction> {
  const { provider, adapterName } = adapter
  const run = async (sql: string) => {
    await adapter.executeRaw({ sql, args: [], argTypes: [] })
  }

  await run(`SAVEPOINT ${NAME}`)
  return {
    provider,
    adapterName,
    options: { usePhantomQuery: true },
    queryRaw: (query) => adapter.queryRaw(query),
    executeRaw: (query) => adapter.executeRaw(query),
    commit: () => run(`RELEASE ${NAME}`),
    rollback: async () => {
      await run(`ROLLBACK TO ${NAME}`)
      await run(`RELEASE ${NAME}`)
    },
    createSavepoint: (name) => run(`SAVEPOINT ${name}`),
    rollbackToSavepoint: (name) => run(`ROLLBACK TO ${name}`),
    releaseSavepoint: (name) => run(`RELEASE ${name}`),
  }
}

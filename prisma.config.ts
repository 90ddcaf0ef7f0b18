/**
 * Prisma's command line. Generating the client needs no engine but refuses to begin without one, and tries to download
 * it: so where it is missing, any executable is named in its place. `npm run db:check` brings its own (see
 * scripts/schema-engine.mjs); `prisma migrate` for operators needs Prisma's, or that one.
 */
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { defineConfig } from 'prisma/config'

const ENGINE = 'PRISMA_SCHEMA_ENGINE_BINARY'

if (process.env[ENGINE] === undefined && !engineIsInstalled())
  process.env[ENGINE] = process.execPath

/** Where `@prisma/engines` puts what it downloads. */
function engineIsInstalled(): boolean {
  const require = createRequire(import.meta.url)
  try {
    const folder = dirname(
      createRequire(require.resolve('prisma')).resolve('@prisma/engines/package.json')
    )
    return readdirSync(folder).some((name) => name.startsWith('schema-engine'))
  } catch {
    return false
  }
}

// oxlint-disable-next-line no-default-export -- prisma loads the default export
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['NVIRT_DATABASE_URL'] ?? 'file:data/nvirt.db' },
})

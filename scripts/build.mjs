/**
 * Compiles nvirt into `dist`: one file for each process and thread, so that starting reads a few files and not a thousand:
 * an emulated machine starts it five times sooner. Native packages stay in node_modules. Types are `npm run typecheck`'s.
 */
import { cpSync, rmSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'
import { optionsOf, preludeOf } from './compiling.mjs'
import { rehearse } from './rehearse.mjs'

const project = path.resolve(import.meta.dirname, '..')
const sources = path.join(project, 'src')
const target = path.join(project, 'dist')

/** What is started by its path: the service, a lane, the database's writer, emulated machines on a socket. */
const ENTRIES = ['kernel/lane-process.ts', 'store/writer-thread.ts', 'emulator/serve.ts']

rmSync(target, { recursive: true, force: true })
await Promise.all([...ENTRIES.map(bundle), bundleService()])
// The page is served as it is, without what only the type checker reads.
cpSync(path.join(sources, 'dashboard/page'), path.join(target, 'dashboard/page'), {
  recursive: true,
  filter: (file) => !/\.(ts|json)$/.test(file),
})

await rehearse(path.join(target, 'main.js'))

/** @param {string} entry */
async function bundle(entry) {
  const root = path.relative(path.dirname(entry), '.') || '.'
  await build({
    ...optionsOf(sources),
    entryPoints: [path.join(sources, entry)],
    outdir: target,
    outbase: sources,
    // What is imported when it is needed is read when it is needed. Beside its entry, for `preludeOf`.
    splitting: true,
    chunkNames: path.join(path.dirname(entry), 'chunk-[hash]'),
    format: 'esm',
    banner: { js: preludeOf(root) },
  })
}

/**
 * The service itself: a script, since only the code of a script can be kept compiled (see code-cache.mjs). What starts it
 * is `main.js`.
 */
async function bundleService() {
  await build({
    ...optionsOf(sources),
    entryPoints: [path.join(sources, 'main.ts')],
    outfile: path.join(target, 'main.cjs'),
    format: 'cjs',
    banner: { js: "const nvirtDist = require('node:url').pathToFileURL(__dirname + '/')" },
  })
  cpSync(path.join(import.meta.dirname, 'code-cache.mjs'), path.join(target, 'main.js'))
}

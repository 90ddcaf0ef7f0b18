/** How sources become what is run: bundled, since starting reads a few files and not a thousand then. */
import { readFileSync } from 'node:fs'
import path from 'node:path'

/** Native, or looks for its files beside itself. */
const EXTERNAL = ['better-sqlite3', 'koffi']

/**
 * @param {string} sources the folder that `dist` is made from
 * @returns {import('esbuild').BuildOptions & { plugins: import('esbuild').Plugin[] }}
 */
export function optionsOf(sources) {
  return {
    bundle: true,
    platform: 'node',
    target: 'node20',
    external: EXTERNAL,
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [ownPlace(sources)],
  }
}

/**
 * CommonJS packages want `require`; sources want to know where they would lie if each were a file of its own.
 *
 * @param {string} root from the bundle to `dist`
 */
export function preludeOf(root) {
  return [
    "import { createRequire as nvirtCreateRequire } from 'node:module'",
    'const require = nvirtCreateRequire(import.meta.url)',
    `const nvirtDist = new URL('${root}/', import.meta.url)`,
  ].join('\n')
}

/**
 * Gives each source the `import.meta.url` that it would have uncompiled, in `dist`.
 *
 * @param {string} sources
 * @returns {import('esbuild').Plugin}
 */
function ownPlace(sources) {
  return {
    name: 'own-place',
    setup(bundler) {
      bundler.onLoad({ filter: /\.ts$/ }, ({ path: file }) => {
        if (!file.startsWith(sources)) return undefined
        const place = path.relative(sources, file).replace(/\.ts$/, '.js')
        const text = readFileSync(file, 'utf8')
        const own = `new URL('${place}', nvirtDist).href`
        return { contents: text.replaceAll('import.meta.url', own), loader: 'ts' }
      })
    },
  }
}

/** Compiles a benchmark as the product is compiled, since that is what people run: uncompiled, a step costs a third more. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'
import { optionsOf, preludeOf } from './compiling.mjs'

const project = path.resolve(import.meta.dirname, '..')
const bench = path.join(project, 'bench')

/** Under `dist`, so that native packages and the product's threads and processes are found. */
const target = path.join(project, 'dist/bench')

/**
 * @param {string} file an absolute path
 * @returns {Promise<string>} what Node runs
 */
export async function compileBench(file) {
  const options = optionsOf(path.join(project, 'src'))
  const outfile = path.join(target, path.relative(bench, file).replace(/\.ts$/, '.js'))
  await build({
    ...options,
    entryPoints: [file],
    outfile,
    format: 'esm',
    // Of what the tests' helpers use, some looks for its files beside itself.
    packages: 'external',
    banner: { js: preludeOf(path.relative(path.dirname(outfile), path.dirname(target))) },
    plugins: [...options.plugins, besideSource],
  })
  return outfile
}

/**
 * A benchmark, and what it shares with the tests, finds C sources and scripts beside its own.
 *
 * @type {import('esbuild').Plugin}
 */
const besideSource = {
  name: 'beside-source',
  setup(bundler) {
    bundler.onLoad({ filter: /\/(bench|test)\/.*\.ts$/ }, ({ path: file }) => ({
      contents: readFileSync(file, 'utf8').replaceAll(
        'import.meta.dirname',
        JSON.stringify(path.dirname(file))
      ),
      loader: 'ts',
    }))
  },
}

/**
 * Starts `main.cjs` beside it, with its functions as V8 compiled them in a rehearsal: a start is mostly compiling, and a
 * service that was killed must answer within seconds, also on a slow machine. A cache that V8 does not take is no error,
 * only slower. It takes none that another version made, or a process with other options of V8: with
 * `--max-old-space-size`, for one, a start compiles all of this, and all of Node's own modules. This file is `dist/main.js`.
 *
 * Source: Node.js, "vm: new vm.Script", cachedData and createCachedData.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import vm from 'node:vm'

const folder = import.meta.dirname
const filename = path.join(folder, 'main.cjs')
const cache = `${filename}.cache`

const script = new vm.Script(
  `(function (require, __dirname) {${readFileSync(filename, 'utf8')}\n})`,
  {
    filename,
    cachedData: existsSync(cache) ? readFileSync(cache) : undefined,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }
)
if (process.argv.includes('--write-code-cache')) {
  process.on('exit', () => writeFileSync(cache, script.createCachedData()))
}
script.runInThisContext()(createRequire(filename), folder)

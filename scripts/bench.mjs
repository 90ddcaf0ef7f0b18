/**
 * Measures an area of the product against its peers: `npm run bench -- emulator` runs each bench/emulator/*.bench.ts,
 * which print a line of JSON for each comparison (bench/README.md). Ends with 1 when a goal is missed for certain.
 */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { compileBench } from './compile-bench.mjs'
import { setUp } from './set-up.mjs'

const BENCH = path.resolve(import.meta.dirname, '../bench')
const SUPPORT = 'support'

const [area = ''] = process.argv.slice(2)
process.exitCode = areas().includes(area) ? await measure(area) : usage()

function areas() {
  return readdirSync(BENCH, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== SUPPORT)
    .map(({ name }) => name)
}

function usage() {
  console.error(`npm run bench -- ${areas().join('|')}`)
  return 2
}

/** @param {string} name */
async function measure(name) {
  const folder = path.join(BENCH, name)
  const files = readdirSync(folder).filter((file) => file.endsWith('.bench.ts'))
  let failed = files.length === 0
  setUp()
  for (const file of files.toSorted())
    if (!(await keepsGoals(path.join(folder, file)))) failed = true
  return failed ? 1 : 0
}

/**
 * A scenario without a line has not been measured.
 *
 * @param {string} file
 */
async function keepsGoals(file) {
  const child = spawn(process.execPath, [await compileBench(file)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const status = new Promise((resolve) => child.on('close', resolve))
  const passes = []
  for await (const line of createInterface({ input: child.stdout })) {
    console.log(line)
    passes.push(JSON.parse(line).pass)
  }
  return (await status) === 0 && passes.length > 0 && !passes.includes(false)
}

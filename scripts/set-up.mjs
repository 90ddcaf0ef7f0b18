/** From a fresh clone to something that runs: packages, generated code, compiled code. Each only when it is out of date. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { COMPILERS, howToInstall, provide } from './apt.mjs'

export const PROJECT = path.resolve(import.meta.dirname, '..')

/** What went wrong, for the terminal: without a stack. */
export class SetUpError extends Error {}

/** @throws SetUpError */
export function setUp() {
  refuseOldNode()
  if (!packagesAreInstalled()) installPackages()
  whenChanged('src/store/generated', ['prisma', 'package-lock.json'], () =>
    run('generating the database client', 'npx', ['--no-install', 'prisma', 'generate'])
  )
  whenChanged('dist', COMPILED_FROM, () =>
    run('compiling', 'npm', ['run', '--silent', 'build'])
  )
}

const COMPILED_FROM = [
  'src',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts',
]

/** Whether `dist` is what set-up would make of the sources as they are. */
export function isCompiled() {
  return isMadeFrom('dist', digestOf(COMPILED_FROM, 'dist'))
}

function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  throw new SetUpError(`nvirt needs Node 20.19 or later; this is ${process.versions.node}`)
}

/** Compares what npm says it installed with what the lock file asks for. */
function packagesAreInstalled() {
  const installed = path.join(PROJECT, 'node_modules/.package-lock.json')
  if (!existsSync(installed)) return false
  const is = JSON.parse(readFileSync(installed, 'utf8')).packages
  const wanted = JSON.parse(
    readFileSync(path.join(PROJECT, 'package-lock.json'), 'utf8')
  ).packages
  return Object.entries(wanted).every(
    ([where, { version, optional }]) =>
      where === '' || optional === true || is[where]?.version === version
  )
}

function installPackages() {
  const words = ['ci', '--no-audit', '--no-fund']
  console.log('installing packages (npm ci); the first time takes a minute or three')
  if (npm(words) === 0) return
  // better-sqlite3 is compiled where its prebuilt binary cannot be had.
  const missing = provide(COMPILERS)
  if (missing.length > 0) {
    throw new SetUpError(`the packages cannot be built: ${howToInstall(missing)}`)
  }
  if (npm(words) !== 0) throw new SetUpError('npm ci failed: its reason is above')
}

/** @param {readonly string[]} words */
function npm(words) {
  return spawnSync('npm', words, { cwd: PROJECT, stdio: 'inherit', env: withNodeHeaders() })
    .status
}

/** node-gyp downloads Node's headers, although most installations have them. */
function withNodeHeaders() {
  const prefix = path.resolve(path.dirname(process.execPath), '..')
  const headers = existsSync(path.join(prefix, 'include/node/node.h'))
  return headers ? { npm_config_nodedir: prefix, ...process.env } : process.env
}

/**
 * Runs `make` unless `product` was made from sources with these very contents.
 *
 * @param {string} product folder that is made
 * @param {readonly string[]} sources files and folders
 * @param {() => void} make
 */
function whenChanged(product, sources, make) {
  const digest = digestOf(sources, product)
  if (isMadeFrom(product, digest)) return
  rmSync(path.join(PROJECT, product), { recursive: true, force: true })
  make()
  writeFileSync(stampOf(product), digest)
}

/**
 * @param {string} product
 * @param {string} digest
 */
function isMadeFrom(product, digest) {
  const stamp = stampOf(product)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === digest
}

/** @param {string} product */
function stampOf(product) {
  return path.join(PROJECT, product, '.made-from')
}

/**
 * @param {readonly string[]} sources
 * @param {string} except
 */
function digestOf(sources, except) {
  const hash = createHash('sha256')
  for (const file of sources.flatMap((source) => filesIn(source, except))) {
    hash.update(file).update(readFileSync(path.join(PROJECT, file)))
  }
  return hash.digest('hex')
}

/**
 * @param {string} place
 * @param {string} except
 * @returns {string[]}
 */
function filesIn(place, except) {
  if (place === except) return []
  const at = path.join(PROJECT, place)
  if (!statSync(at).isDirectory()) return [place]
  return readdirSync(at)
    .toSorted()
    .flatMap((name) => filesIn(path.join(place, name), except))
}

/**
 * @param {string} doing
 * @param {string} program
 * @param {readonly string[]} words
 */
function run(doing, program, words) {
  console.log(doing)
  const { status } = spawnSync(program, words, { cwd: PROJECT, stdio: 'inherit' })
  if (status !== 0) throw new SetUpError(`${doing} failed: the reason is above`)
}

/**
 * Adds to package-lock.json the optional packages of other platforms that npm left out. npm does so when its registry is
 * a mirror without them; `npm ci` then refuses the lock file ("Missing: ... from lock file"), although it would not
 * install them here anyway. Run it after `npm install`. Safe to repeat. test/repository holds the lock file to it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const PROCESSORS = ['arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64']

const file = path.resolve(import.meta.dirname, '../package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8'))
const packages = { ...lock.packages }

for (const [where, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (`${where}/node_modules/${name}` in packages) continue
    packages[`node_modules/${name}`] ??= entryOf(name, version, entry)
  }
}

const names = Object.keys(packages).toSorted((a, b) => a.localeCompare(b, 'en'))
const sorted = Object.fromEntries(names.map((name) => [name, packages[name]]))
writeFileSync(file, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`)

/** As npm writes them, but for the checksum, which only the registry knows. The name tells the platform. */
function entryOf(name, version, { dev, license, engines }) {
  const os = SYSTEMS.find((system) => name.includes(system))
  const cpu = PROCESSORS.find((processor) => name.includes(`-${processor}`))
  if (os === undefined || cpu === undefined) throw new Error(`${name} is for no platform`)
  const libc = name.includes('musl')
    ? ['musl']
    : name.includes('gnu')
      ? ['glibc']
      : undefined
  return { version, cpu: [cpu], dev, libc, license, optional: true, os: [os], engines }
}

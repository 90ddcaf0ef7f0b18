/** Debian packages that a command needs: installed when we may, otherwise named together with how to install them. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import path from 'node:path'

/** Where Debian keeps programs for administrators, which is not in everybody's PATH. */
const FOLDERS = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']

/**
 * A program and the package that has it.
 *
 * @typedef {{ readonly program: string, readonly package: string }} Tool
 */

/** For compiling better-sqlite3 where its prebuilt binary cannot be had. */
export const COMPILERS = [
  { program: 'python3', package: 'python3' },
  { program: 'make', package: 'make' },
  { program: 'g++', package: 'g++' },
]

/** For the lab: QEMU, what unpacks a kernel and builds an initramfs, and nvme-cli and fio to check nvirt independently. */
export const LAB_TOOLS = [
  { program: 'qemu-system-x86_64', package: 'qemu-system-x86' },
  { program: 'busybox', package: 'busybox-static' },
  { program: 'nvme', package: 'nvme-cli' },
  { program: 'fio', package: 'fio' },
  { program: 'cpio', package: 'cpio' },
  { program: 'depmod', package: 'kmod' },
  { program: 'xz', package: 'xz-utils' },
  { program: 'setpriv', package: 'util-linux' },
  { program: 'dpkg', package: 'dpkg' },
]

/** For cloning the project. */
export const CLONE_TOOLS = [{ program: 'git', package: 'git' }]

export const BROWSER_TOOLS = [{ program: 'chromium', package: 'chromium' }]

/**
 * Installs what is missing, as root or with a sudo that asks nothing.
 *
 * @param {readonly Tool[]} tools
 * @returns {readonly Tool[]} what is still missing
 */
export function provide(tools) {
  const missing = missingOf(tools)
  if (missing.length === 0) return []
  const root = asRoot()
  if (!root || !has('apt-get')) return missing
  const packages = missing.map((tool) => tool.package)
  console.log(`installing ${packages.join(' ')} by apt`)
  const install = ['install', '-y', '-q', '--no-install-recommends', ...packages]
  // The package lists may be absent or too old: so once more with new ones.
  if (!aptGet(root, install)) {
    aptGet(root, ['update', '-q'])
    aptGet(root, install)
  }
  return missingOf(tools)
}

/** @param {readonly Tool[]} tools */
export function howToInstall(tools) {
  const programs = tools.map((tool) => tool.program).join(', ')
  const packages = tools.map((tool) => tool.package).join(' ')
  return `${programs} ${tools.length === 1 ? 'is' : 'are'} missing; install with: apt-get install -y ${packages}`
}

/** @param {readonly Tool[]} tools */
export function missingOf(tools) {
  return tools.filter((tool) => !has(tool.program))
}

/** @param {string} program */
function has(program) {
  return FOLDERS.some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK)
      return folder !== ''
    } catch {
      return false
    }
  })
}

/** What comes before a command so that root runs it; undefined when nothing would. */
function asRoot() {
  if (process.getuid?.() === 0) return []
  const asks = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0
  return asks ? undefined : ['sudo', '-n']
}

/**
 * @param {readonly string[]} root
 * @param {readonly string[]} words
 */
function aptGet(root, words) {
  const [program, ...rest] = [...root, 'apt-get', ...words]
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync(program, rest, { stdio: 'inherit', env: environment }).status === 0
}

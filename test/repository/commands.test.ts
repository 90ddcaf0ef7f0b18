/** The README's commands on machines where something is missing. */
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { LAB_TOOLS } from '../../scripts/apt.mjs'
import { eventually } from '../support/eventually.ts'
import { scratchProject, type ScratchProject } from './scratch-project.ts'

/** What set-up asks of npm: it generates and compiles. */
const GENERATES = '/bin/mkdir -p src/store/generated'
const COMPILES = '/bin/mkdir -p dist'

const TEST = ['scripts/test.mjs'] as const
const LAB = [...TEST, '--only=lab'] as const

function project(): ScratchProject {
  const made = scratchProject()
  made.program('npm', COMPILES)
  made.program('npx', GENERATES)
  return made
}

test.for([
  [{}, '1 skipped', 0],
  [{ CI: 'true' }, '1 skipped, which with CI=true is a failure', 1],
] as const)(
  'a suite without its tools is skipped, with the reason: %s',
  ([environment, skipped, status]) => {
    const ran = project().run(LAB, environment)

    expect(ran.lines).toContainEqual(
      expect.stringMatching(
        /^\*\*\* SKIPPED: lab: qemu-system-x86_64, .* are missing; install with: apt-get install -y qemu-system-x86 /
      )
    )
    expect(ran.lines.slice(-2)).toEqual([skipped, '0 passed, 0 failed'])
    expect(ran.status).toBe(status)
  }
)

test('the lab is skipped where its kernel cannot be downloaded', () => {
  const made = labProject('echo "E: Could not resolve deb.debian.org" >&2; exit 100')

  const ran = made.run(LAB, { PATH: `${made.bin}:/usr/bin:/bin` })

  expect(ran.lines, ran.stderr).toContain(
    "*** SKIPPED: lab: apt cannot download Debian's kernel, linux-image-amd64 ***"
  )
  expect(ran.lines.slice(-2)).toEqual(['1 skipped', '0 passed, 0 failed'])
  expect(ran.status).toBe(0)
})

test('a lab whose image cannot be built has failed', () => {
  const made = labProject('exit 0') // and dpkg finds nothing to unpack

  const ran = made.run(LAB, { PATH: `${made.bin}:/usr/bin:/bin` })

  expect(ran.stderr).toContain('image/build.sh')
  expect(ran.lines.at(-1)).toBe('0 passed, 1 failed')
  expect(ran.status).toBe(1)
})

test.for([
  ['exit 0', '4 passed, 0 failed', 0],
  ['test "$3" != lint', '3 passed, 1 failed', 1],
] as const)('checks that end with "%s" count as %s', ([checks, last, status]) => {
  const made = project()
  made.program('npm', `${COMPILES}; ${checks}`)

  const ran = made.run([...TEST, '--only=static'])

  expect(ran.lines.at(-1)).toBe(last)
  expect(ran.status).toBe(status)
})

test('a suite that does not exist is no success', () => {
  const ran = project().run([...TEST, '--only=elsewhere'])

  expect(ran.lines.at(-1)).toBe('0 passed, 0 failed')
  expect(ran.status).toBe(1)
})

const NO_COMPILERS =
  'the packages cannot be built: python3, make, g++ are missing; install with: apt-get install -y python3 make g++'

/** All tools of the lab are there, and this apt-get. */
function labProject(aptGet: string): ScratchProject {
  const made = project()
  made.take('package.json', 'node_modules/tsx')
  made.take('test/lab/prepare.ts', 'test/lab/guest-image.ts', 'test/lab/image')
  for (const { program } of LAB_TOOLS) made.program(program, 'exit 1')
  made.program('apt-cache', 'echo "  Depends: linux-image-6.1.0-99-amd64"')
  made.program('apt-get', aptGet)
  return made
}

/** Nothing is installed, and npm ci fails: better-sqlite3 must be compiled. */
function fresh(): ScratchProject {
  const made = project()
  rmSync(path.join(made.bin, '../node_modules'), { recursive: true })
  made.program('npm', `test "$1" != ci && ${COMPILES}`)
  return made
}

test('the first command refuses to start without build tools, by name', () => {
  const ran = fresh().run(['scripts/run.mjs'])

  expect(ran.stderr).toBe(`nvirt: ${NO_COMPILERS}\n`)
  expect(ran.status).toBe(1)
})

test('the second command fails without build tools, by name', () => {
  const ran = fresh().run(TEST)

  expect(ran.stderr).toContain(`the tests cannot run: ${NO_COMPILERS}\n`)
  expect(ran.lines.at(-1)).toBe('0 passed, 1 failed')
  expect(ran.status).toBe(1)
})

test('a command that is told to end takes with it what it runs', async () => {
  const made = project()
  const pidFile = path.join(made.bin, 'pid')
  made.program(
    'npm',
    `${COMPILES}; test "$1" = run -a "$3" = lint || exit 0
    /bin/sleep 1000 & echo $! > ${pidFile}; wait`
  )
  const command = made.start([...TEST, '--only=static'])
  const ended = once(command, 'exit')
  const pid = await eventually('a check runs', () => numberIn(pidFile))

  command.kill('SIGTERM')
  const [status] = (await ended) as [number]

  expect(status).toBe(1)
  await eventually('what it ran has gone', () => !existsSync(`/proc/${pid}`) || undefined)
})

function numberIn(file: string): number | undefined {
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) || undefined : undefined
}

test('the longer tests do not start themselves again', () => {
  const ran = project().run([...TEST, '--full'], { TEST_WITHIN_TEST: '1' })

  expect(ran.lines.at(-1)).toBe('0 passed, 1 failed')
  expect(ran.status).toBe(1)
})

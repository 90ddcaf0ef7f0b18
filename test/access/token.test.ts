import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ADMIN, DEMO } from '../../src/access/caller.ts'
import { authenticator, readOrMakeToken } from '../../src/access/token.ts'
import { tenantFilter } from '../../src/access/tenant-filter.ts'
import { ControlPlaneError } from '../../src/errors.ts'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nvirt-access-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('the first start writes a token that only its owner can read', () => {
  const folder = temporaryFolder()

  const token = readOrMakeToken(folder)

  expect(Buffer.from(token, 'base64url')).toHaveLength(32)
  expect(readFileSync(join(folder, 'token'), 'utf8')).toBe(`${token}\n`)
  expect(statSync(join(folder, 'token')).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['token'])
})

test('the next start reads the same token, and closes a file that was left open', () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'token'), 'chosen-by-hand\n', { mode: 0o644 })

  const token = readOrMakeToken(folder)

  expect(token).toBe('chosen-by-hand')
  expect(statSync(join(folder, 'token')).mode & 0o777).toBe(0o600)
})

test('two data folders have two tokens', () => {
  expect(readOrMakeToken(temporaryFolder())).not.toBe(readOrMakeToken(temporaryFolder()))
})

test('an empty token file is refused', () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'token'), '\n')

  expect(() => readOrMakeToken(folder)).toThrow('is empty')
})

test.for([
  [undefined, 'no token was sent'],
  ['', 'the Authorization header is not `Bearer TOKEN`'],
  ['Basic c2VjcmV0', 'the Authorization header is not `Bearer TOKEN`'],
  ['Bearer', 'the Authorization header is not `Bearer TOKEN`'],
  ['Bearer ', 'the Authorization header is not `Bearer TOKEN`'],
  ['Bearer secret secret', 'the Authorization header is not `Bearer TOKEN`'],
  ['Bearer Secret', 'the token is wrong'],
  ['Bearer secre', 'the token is wrong'],
  ['Bearer secrets', 'the token is wrong'],
] as const)('%j is refused', ([authorization, reason]) => {
  const authenticate = authenticator('secret')

  expect(trouble(() => authenticate(authorization))).toEqual({
    kind: 'unauthenticated',
    reason,
  })
})

test('the token, and nothing else, makes an admin', () => {
  const authenticate = authenticator('secret')

  expect(authenticate('Bearer secret')).toEqual(ADMIN)
  expect(authenticate('bearer  secret ')).toEqual(ADMIN)
})

test('on the demo fleet everybody is demo', () => {
  expect(authenticator(null)(undefined)).toEqual(DEMO)
})

test('an admin sees every tenant, others their own', () => {
  expect(tenantFilter(ADMIN)).toBeNull()
  expect(tenantFilter({ actor: 'x', tenant: 'blue', roles: ['operator'] })).toBe('blue')
})

function trouble(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    if (error instanceof ControlPlaneError) return error.trouble
    throw error
  }
  return undefined
}

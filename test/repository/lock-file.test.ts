import { expect, test } from 'vitest'
import { read } from './documents.ts'

type LockFile = {
  readonly packages: Readonly<
    Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>
  >
}

test('npm ci accepts the lock file: every optional package has its entry', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as LockFile
  const optional = Object.entries(packages).flatMap(([where, { optionalDependencies }]) =>
    Object.keys(optionalDependencies ?? {}).map((name) => ({ where, name }))
  )

  const missing = optional.filter(
    ({ where, name }) =>
      !(`node_modules/${name}` in packages) &&
      !(`${where}/node_modules/${name}` in packages)
  )
  expect(optional.length).toBeGreaterThan(20)
  expect(missing, 'run: node scripts/complete-lock.mjs').toEqual([])
})

import { expect, test } from 'vitest'
import { COMPILERS, howToInstall, missingOf } from '../../scripts/apt.mjs'

const NONE = { program: 'no-such-program', package: 'its-package' }

test('a missing program is told from one that is there', () => {
  const node = { program: 'node', package: 'nodejs' }

  expect(missingOf([node, NONE])).toEqual([NONE])
})

test('what is missing is named together with how to install it', () => {
  expect(howToInstall([NONE])).toBe(
    'no-such-program is missing; install with: apt-get install -y its-package'
  )
  expect(howToInstall(COMPILERS)).toBe(
    'python3, make, g++ are missing; install with: apt-get install -y python3 make g++'
  )
})

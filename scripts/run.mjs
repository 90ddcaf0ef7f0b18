/** The main job from a fresh clone: installs, generates, compiles and starts nvirt in this very process. */
import { SetUpError, setUp } from './set-up.mjs'

try {
  setUp()
} catch (error) {
  if (!(error instanceof SetUpError)) throw error
  console.error(`nvirt: ${error.message}`)
  process.exit(1)
}
await import('../dist/main.js')

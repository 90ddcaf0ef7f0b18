/** Makes what the guests boot from, before any test boots one. Ends with 69 and the reason where it cannot be had. */
import { NoKernelError, guestImage } from './guest-image.ts'

/** UNAVAILABLE of scripts/suites.mjs: the suite is skipped. */
const UNAVAILABLE = 69

try {
  await guestImage()
} catch (error) {
  if (!(error instanceof NoKernelError)) throw error
  process.stdout.write(`${error.message}\n`)
  process.exitCode = UNAVAILABLE
}

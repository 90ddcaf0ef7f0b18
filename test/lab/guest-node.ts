/**
 * How Node is started in the guest. QEMU's TCG runs each emulated CPU in a thread of its own, and can go on running a
 * stale translation of a page of code into which another emulated CPU has just written. V8 writes JavaScript's code from
 * the thread that runs it, but WebAssembly's (the database client has some, in two threads) also from background threads
 * and into pages that threads share. Four starts of 27 of the service ended so by SIGTRAP or SIGSEGV, in the middle of an
 * instruction of such code. No real CPU does that: nothing of this is in the product.
 */
const OWN_CODE_ONLY = ['--no-wasm-tier-up', '--no-wasm-native-module-cache-enabled']

export const GUEST_NODE: readonly string[] = [process.execPath, ...OWN_CODE_ONLY]

/** The guest's CPU that runs the service: all of its threads, and its lanes. */
export const SERVICE_CPU = 1

/**
 * For what has several threads that run such code: on one emulated CPU nobody else writes what it translates. Without the
 * options, with which one start of some ninety still seemed to end so: V8 takes the code that it kept compiled, Node's own
 * and the service's, only in a process with the options that it was compiled with (scripts/code-cache.mjs).
 */
export const GUEST_NODE_ON_ONE_CPU: readonly string[] = [
  'taskset',
  '-c',
  String(SERVICE_CPU),
  process.execPath,
]

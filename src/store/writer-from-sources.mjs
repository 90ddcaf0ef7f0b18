/** Starts the writer's thread from TypeScript. A loader that the main thread registered is not inherited by its workers. */
import { register } from 'tsx/esm/api'

register()
await import('./writer-thread.ts')

/** The OpenAPI document as it is committed: the same routes give the same text. */
import { stringify } from 'yaml'
import type { App } from './app.ts'

const HEAD = '# Generated from the routes: npm run openapi:generate\n'

export function openApiText(app: App): string {
  return HEAD + stringify(app.swagger(), { aliasDuplicateObjects: false, lineWidth: 100 })
}

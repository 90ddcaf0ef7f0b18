/** JSON is the only body that is understood. No body at all is not an empty object: the schema says so. */
import type { App } from './app.ts'

export function jsonBodies(app: App): void {
  app.removeAllContentTypeParsers()
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    (request, body, done) => {
      if (body === '') done(null, undefined)
      else void parse(request, body.toString(), done)
    }
  )
}

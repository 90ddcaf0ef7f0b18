/** `/metrics` in Prometheus' text format, with the token like the rest. Not of the JSON API, and so not in its document. */
import type { App } from '../app.ts'
import type { ServerOptions } from '../services.ts'

/** Before all other routes: what is answered is measured from then on. */
export function measured(app: App, metrics: ServerOptions['metrics']): void {
  app.addHook('onResponse', async (request, reply) => {
    const { url = 'none' } = request.routeOptions
    metrics.answered(request.method, url, reply.statusCode, reply.elapsedTime / 1000)
  })
}

export function metricsRoute(app: App, metrics: ServerOptions['metrics']): void {
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
    const { type, text } = await metrics.scrape()
    return reply.type(type).send(text)
  })
}

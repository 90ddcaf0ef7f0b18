import { Type } from 'typebox'
import { json, openProblems } from '../answers.ts'
import type { App } from '../app.ts'
import { choice } from '../shape.ts'

export function healthRoute(app: App): void {
  app.get(
    '/healthz',
    {
      config: { open: true },
      schema: {
        operationId: 'getHealth',
        summary: 'Get health',
        description: 'Whether the service answers. Needs no token.',
        tags: ['service'],
        security: [],
        response: {
          200: json(
            'It answers',
            Type.Object({ status: choice(['ok'], 'ok') }, { description: 'Health' })
          ),
          ...openProblems(),
        },
      },
    },
    () => ({ status: 'ok' as const })
  )
}

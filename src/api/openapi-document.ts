/** What the routes do not say of themselves: the head of the OpenAPI document. */
import swagger from '@fastify/swagger'
import type { App } from './app.ts'

export const API_VERSION = '0.1.0'

const TAGS = [
  ['hosts', 'Linux hosts of the fleet'],
  ['controllers', 'NVMe controllers of physical functions'],
  ['virtual functions', 'VFs of SR-IOV controllers: provision and retire'],
  ['namespaces', 'Namespaces and who has them'],
  ['assignments', 'Functions in the hands of consumers: assign and release'],
  ['operations', 'Durable work, step by step'],
  ['events', 'What happened, numbered'],
  ['telemetry', 'What the hardware is doing, per queue'],
  ['service', 'The service itself'],
] as const

const DESCRIPTION = [
  'A control plane for NVMe virtualization: which controllers and virtual functions a fleet of Linux hosts has, handed to virtual machines safely, taken back, and watched live and per queue.',
  'Whatever touches hardware answers 202 with an operation; with `?plan=true` it answers 200 with what it would do, and touches nothing, and with `?plan=<id>` it does what that plan says, or is refused. Errors are problems (RFC 9457) with a stable type, what is wrong, and what to do about it; what is no whole HTTP request gets one too, with 400, 408, 417 or 431. Lists are pages with an opaque cursor. Sizes of 64 bits and more are decimal strings.',
].join('\n\n')

export async function openApi(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'nvirt',
        version: API_VERSION,
        description: DESCRIPTION,
        license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
        contact: { name: 'nvirt maintainers' },
      },
      servers: [
        {
          url: 'http://127.0.0.1:8420',
          description: 'A service with the default settings',
        },
      ],
      tags: TAGS.map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description:
              'The token that the first start writes into the data folder. The demo fleet needs none.',
          },
        },
      },
      security: [{ token: [] }],
    },
    convertConstToEnum: false,
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => nameOf(json, i) },
  })
}

function nameOf(json: Readonly<Record<string, unknown>>, i: number): string {
  const id = json['$id']
  return typeof id === 'string' ? id : `schema${i}`
}

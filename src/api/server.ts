/** The door: HTTP routes, the telemetry socket and the dashboard's page, all behind the same checks. */
import { randomUUID } from 'node:crypto'
import Fastify, { LogController, type FastifyError } from 'fastify'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { App } from './app.ts'
import { authentication } from './authentication.ts'
import { entryCheck, type EntryCheck } from './entry-check.ts'
import { BODY_LIMIT_BYTES, sendError, sendProblem } from './error-handler.ts'
import { InFlight } from './in-flight.ts'
import { jsonBodies } from './json-bodies.ts'
import { lazySchemas } from './lazy-schemas.ts'
import { openApi } from './openapi-document.ts'
import { stopInOrder } from './orderly-stop.ts'
import { coerceQuery } from './query-values.ts'
import { assignmentRoutes } from './routes/assignments.ts'
import { controllerRoutes } from './routes/controllers.ts'
import { drillRoutes } from './routes/drills.ts'
import { eventRoutes } from './routes/events.ts'
import { healthRoute } from './routes/health.ts'
import { hostRoutes } from './routes/hosts.ts'
import { measured, metricsRoute } from './routes/metrics.ts'
import { namespaceRoutes } from './routes/namespaces.ts'
import { operationRoutes } from './routes/operations.ts'
import { otherMethods } from './routes/other-methods.ts'
import { pageRoutes } from './routes/page.ts'
import { telemetryHistoryRoutes } from './routes/telemetry-history.ts'
import { virtualFunctionPolicyRoutes } from './routes/virtual-function-policies.ts'
import { virtualFunctionRoutes } from './routes/virtual-functions.ts'
import type { ServerOptions } from './services.ts'
import { AssignmentShape, AssignShape, ReleaseShape } from './shapes/assignment.ts'
import { ControllerShape, PoolShape, ResizePrimaryShape } from './shapes/controller.ts'
import {
  DrillRequestShape,
  DrillShape,
  FaultShape,
  MachineEventShape,
} from './shapes/drill.ts'
import { DriftShape } from './shapes/drift.ts'
import { EventShape } from './shapes/event.ts'
import { HistoryShape, PinShape } from './shapes/history.ts'
import { IommuGroupShape, PcieLinkShape } from './shapes/function.ts'
import { DriftPolicyShape, HostShape } from './shapes/host.ts'
import { NamespaceShape } from './shapes/namespace.ts'
import {
  NothingElseShape,
  OperationErrorShape,
  OperationShape,
} from './shapes/operation.ts'
import { PlanShape } from './shapes/plan.ts'
import { ProblemShape } from './shapes/problem.ts'
import { ProvisionShape, VirtualFunctionShape } from './shapes/virtual-function.ts'
import {
  DeclareShape,
  VirtualFunctionPolicyShape,
} from './shapes/virtual-function-policy.ts'
import { telemetryRoute, webSockets } from './socket/telemetry-route.ts'
import { LOOK_EVERY_MS, READ_WITHIN_MS, refuseUnreadable } from './unreadable-request.ts'

const SHAPES = [
  AssignmentShape,
  AssignShape,
  ControllerShape,
  DeclareShape,
  DrillRequestShape,
  DrillShape,
  DriftPolicyShape,
  DriftShape,
  EventShape,
  FaultShape,
  HistoryShape,
  HostShape,
  IommuGroupShape,
  MachineEventShape,
  NamespaceShape,
  NothingElseShape,
  OperationErrorShape,
  OperationShape,
  PcieLinkShape,
  PinShape,
  PlanShape,
  PoolShape,
  ProblemShape,
  ProvisionShape,
  ReleaseShape,
  ResizePrimaryShape,
  VirtualFunctionPolicyShape,
  VirtualFunctionShape,
]

/** Not listening yet: the caller decides where. */
export async function buildServer(options: ServerOptions): Promise<App> {
  const stopping = new AbortController()
  const inFlight = new InFlight()
  const enter = entryCheck(options.allowedHosts, stopping.signal)
  const app = newApp(options, inFlight, enter)
  inFlight.watch(app.server)
  app.setErrorHandler(sendError)
  app.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?')
    return sendProblem(request, reply, {
      kind: 'no-such-route',
      method: request.method,
      path,
    })
  })
  // Before the checks: its hook must have seen an upgrade that they refuse, or nobody closes that socket.
  await webSockets(app, options.clock)
  stopInOrder(app, options.clock, inFlight, stopping)
  addChecks(app, options, enter, otherMethods(app))
  measured(app, options.metrics)
  await openApi(app)
  for (const shape of SHAPES) app.addSchema(shape)
  addRoutes(app, options, stopping.signal)
  await app.ready()
  return app
}

function newApp(
  { logger = false }: ServerOptions,
  inFlight: InFlight,
  enter: EntryCheck
): App {
  const app = Fastify({
    logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: BODY_LIMIT_BYTES,
    forceCloseConnections: true, // once stopInOrder has waited
    return503OnClosing: false, // its answer is no problem document: entryCheck has ours
    requestTimeout: READ_WITHIN_MS.request,
    http: {
      headersTimeout: READ_WITHIN_MS.head,
      connectionsCheckingInterval: LOOK_EVERY_MS,
      requireHostHeader: false, // its answer has no body: entryCheck has ours
    },
    frameworkErrors: refuseUnroutable(enter),
    clientErrorHandler: refuseUnreadable(inFlight),
    schemaController: lazySchemas(),
    ajv: {
      customOptions: { removeAdditional: false, coerceTypes: false, allErrors: true },
    },
  }).withTypeProvider<TypeBoxTypeProvider>()
  // Node's own answer has no body either.
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response)
  })
  jsonBodies(app)
  return app
}

/** What fits no route by its form: no hook runs for it, not even the one that closes the socket of a refused upgrade. */
function refuseUnroutable(enter: EntryCheck) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const { socket } = request.raw
    reply.header('connection', 'close').raw.once('finish', () => socket.destroySoon())
    let refused: unknown = error
    try {
      enter(request, reply)
    } catch (refusal) {
      refused = refusal
    }
    void sendError(refused, request, reply)
  }
}

/** In this order, before anything of a request is read. */
function addChecks(
  app: App,
  { authenticate }: ServerOptions,
  enter: EntryCheck,
  refuseOtherMethods: (request: FastifyRequest) => void
): void {
  const identify = authentication(authenticate)
  app.addHook('onRequest', async (request, reply) => enter(request, reply))
  app.addHook('onRequest', async (request) => refuseOtherMethods(request))
  app.addHook('preValidation', async (request) => coerceQuery(request))
  app.decorateRequest('caller')
  app.addHook('onRequest', async (request) => identify(request))
}

function addRoutes(app: App, options: ServerOptions, stopping: AbortSignal): void {
  hostRoutes(app, options)
  controllerRoutes(app, options)
  virtualFunctionRoutes(app, options)
  virtualFunctionPolicyRoutes(app, options)
  namespaceRoutes(app, options)
  assignmentRoutes(app, options)
  operationRoutes(app, options, stopping)
  eventRoutes(app, options)
  drillRoutes(app, options)
  telemetryRoute(app, options)
  telemetryHistoryRoutes(app, options)
  healthRoute(app)
  metricsRoute(app, options.metrics)
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
  pageRoutes(app, options.pageFolder)
}

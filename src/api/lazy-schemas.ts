/**
 * Compiles a route's schemas when the route is first used. Compiling all of them was two thirds of the CPU time of a
 * start, and a service that was killed must answer within seconds, also on a slow machine. What a start would have
 * refused of a schema the tests refuse: they use every route.
 */
import { AjvCompiler } from '@fastify/ajv-compiler'
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import type { FastifyServerOptions } from 'fastify'

type SchemaController = NonNullable<FastifyServerOptions['schemaController']>
type Compilers = NonNullable<SchemaController['compilersFactory']>

/** What Fastify calls to check a value: it reads `errors` off the function after a `false`. */
type Check = ((data: unknown) => unknown) & { errors?: unknown }
type Build<Compiled> = (...world: never[]) => (route: never) => Compiled

export function lazySchemas(): SchemaController {
  const compilersFactory = {
    buildValidator: lazily(AjvCompiler() as Build<Check>, lazyCheck),
    buildSerializer: lazily(SerializerSelector() as Build<Serialize>, lazySerialize),
  }
  // The factories' own types have an overload for JTD schemas, of which we have none.
  return { compilersFactory: compilersFactory as unknown as Compilers }
}

function lazily<Compiled>(
  build: Build<Compiled>,
  wrap: (compile: () => Compiled) => Compiled
): Build<Compiled> {
  return (...world) => {
    const compiler = once(() => build(...world))
    return (route) => wrap(once(() => compiler()(asNodeNamesHeaders(route))))
  }
}

type HeadersRoute = {
  readonly httpPart: 'headers'
  readonly schema: { readonly properties: Readonly<Record<string, unknown>> }
}

/**
 * Node's header names are in lower case. Fastify sees to that for its own compilers only, so a name that stayed as it is
 * written would be a check that never fails (fastify lib/validation.js compileSchemasForValidation). Ours are all
 * optional, and no deeper than one level.
 */
function asNodeNamesHeaders<Route>(route: Route): Route {
  if (!isOfHeaders(route)) return route
  const entries = Object.entries(route.schema.properties)
  const properties = Object.fromEntries(
    entries.map(([name, schema]) => [name.toLowerCase(), schema])
  )
  return { ...route, schema: { ...route.schema, properties } }
}

function isOfHeaders(route: unknown): route is HeadersRoute {
  return (route as Partial<HeadersRoute>).httpPart === 'headers'
}

function lazyCheck(compile: () => Check): Check {
  const check: Check = (data) => {
    const valid = compile()(data)
    check.errors = compile().errors
    return valid
  }
  return check
}

type Serialize = (data: unknown) => string

function lazySerialize(compile: () => Serialize): Serialize {
  return (data) => compile()(data)
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

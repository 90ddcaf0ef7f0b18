/**
 * The dashboard's files, each read when it is first asked for. Open: the page asks for the token itself. One route for all
 * of them, since each costs a start its part.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../app.ts'

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Everything from this service, nothing inline, in nobody's frame. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

type PageFile = { readonly content: Buffer; readonly type: string; readonly etag: string }

/** @throws Error when the folder has no index.html */
export function pageRoutes(app: App, folder: string): void {
  const page = pageIn(folder)
  const index = page.find('index.html')
  if (index === undefined) throw new Error(`no index.html in ${folder}`)
  const open = { config: { open: true }, schema: { hide: true } }
  const isThere = (file: string) => page.find(file.slice(1)) !== undefined
  const ofFiles = { config: { open: true, isThere }, schema: { hide: true } }
  app.get('/', open, (request, reply) => sendFile(request, reply, index))
  app.get<{ Params: { file: string } }>('/:file', ofFiles, (request, reply) => {
    const file = page.find(request.params.file)
    return file ? sendFile(request, reply, file) : reply.callNotFound()
  })
}

function pageIn(folder: string) {
  const names = readdirSync(folder).filter((name) => typeOf(name) !== undefined)
  const files = new Map<string, PageFile>()
  return {
    find: (name: string): PageFile | undefined => {
      if (!names.includes(name)) return undefined
      const file = files.get(name) ?? readFile(path.join(folder, name))
      files.set(name, file)
      return file
    },
  }
}

function readFile(file: string): PageFile {
  const content = readFileSync(file)
  const etag = `"${createHash('sha256').update(content).digest('base64url')}"`
  return { content, type: typeOf(file) ?? '', etag }
}

function typeOf(file: string): string | undefined {
  return MEDIA_TYPES[path.extname(file)]
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: PageFile) {
  reply.header('content-security-policy', POLICY)
  reply.header('cache-control', 'no-cache').header('etag', file.etag)
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send()
  return reply.type(file.type).send(file.content)
}

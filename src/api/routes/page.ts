/** The dashboard's files, read once. Open: the page asks for the token itself. */
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
  const files = readPage(folder)
  const index = files.get('index.html')
  if (index === undefined) throw new Error(`no index.html in ${folder}`)
  const open = { config: { open: true }, schema: { hide: true } }
  app.get('/', open, (request, reply) => sendFile(request, reply, index))
  for (const [name, file] of files) {
    app.get(`/${name}`, open, (request, reply) => sendFile(request, reply, file))
  }
}

function readPage(folder: string): Map<string, PageFile> {
  const files = new Map<string, PageFile>()
  for (const name of readdirSync(folder).toSorted()) {
    const type = MEDIA_TYPES[path.extname(name)]
    if (type === undefined) continue
    const content = readFileSync(path.join(folder, name))
    const etag = `"${createHash('sha256').update(content).digest('base64url')}"`
    files.set(name, { content, type, etag })
  }
  return files
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: PageFile) {
  reply.header('content-security-policy', POLICY)
  reply.header('cache-control', 'no-cache').header('etag', file.etag)
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send()
  return reply.type(file.type).send(file.content)
}

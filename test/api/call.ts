/** Calls the API by operationId and holds every answer against the document. */
import type { Server } from 'node:http'
import request from 'supertest'
import { expect } from 'vitest'
import { deviations, operation } from './document.ts'

export type Call = {
  readonly path?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, unknown>> | string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export type Answer<T> = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: T
}

export type Problem = {
  readonly type: string
  readonly status: number
  readonly detail: string
  readonly remedy?: string
  readonly errors?: readonly { readonly field: string; readonly message: string }[]
  readonly allowedFrom?: readonly string[]
  readonly state?: string
  readonly available?: number
  readonly operationId?: string
  readonly refusals?: readonly { readonly check: string; readonly reason: string }[]
}

/** @param headers sent with every call */
export function caller(server: Server, headers: Readonly<Record<string, string>> = {}) {
  async function send<T>(id: string, call: Call): Promise<Answer<T>> {
    const { method, path, responses } = operation(id)
    const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(call.path?.[name] ?? '')
    )
    const sent = request(server)
      [method as 'get' | 'post' | 'delete'](url)
      .set({ ...headers, ...call.headers })
      .query(call.query ?? {})
    const answer = await (call.body === undefined
      ? sent
      : sent.type('json').send(JSON.stringify(call.body)))
    const mediaType = (answer.headers['content-type'] ?? '').split(';')[0] ?? ''
    const wrong = deviations(
      { id, method, path, responses },
      answer.status,
      mediaType,
      answer.body
    )
    expect(wrong, `${id}: ${JSON.stringify(answer.body)}`).toEqual([])
    return answer
  }

  return {
    send,
    /** Expects the good answer. */
    async ok<T>(id: string, call: Call = {}): Promise<T> {
      const answer = await send<T>(id, call)
      expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300)
      return answer.body
    },
    /** Expects a refusal of that status and type. */
    async no(id: string, call: Call, status: number, kind: string): Promise<Problem> {
      const { status: found, body } = await send<Problem>(id, call)
      expect([found, body.type], JSON.stringify(body)).toEqual([
        status,
        `urn:nvirt:problem:${kind}`,
      ])
      return body
    },
  }
}

export type Caller = ReturnType<typeof caller>

export type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null }

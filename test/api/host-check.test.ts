import type { FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { hostCheck } from '../../src/api/host-check.ts'

const check = hostCheck(['nvirt.example', '10.0.2.15', 'fe80::1'])

const asking = (headers: Record<string, string>) => () =>
  check({ headers } as unknown as FastifyRequest)

test.for([
  { host: 'localhost' },
  { host: '127.0.0.1:8420' },
  { host: '[::1]:8420' },
  { host: 'LOCALHOST:8420' },
  { host: 'nvirt.example:8420' },
  { host: '10.0.2.15:8420' },
  { host: '[fe80::1]:8420' },
  { host: '127.0.0.1:8420', origin: 'http://127.0.0.1:8420' },
  { host: '127.0.0.1', origin: 'http://127.0.0.1:80' },
  { host: 'nvirt.example', origin: 'https://nvirt.example' },
])('%o is us', (headers) => {
  expect(asking(headers)).not.toThrow()
})

test.for([
  {},
  { host: '' },
  { host: 'evil.example' },
  { host: '127.0.0.1.evil.example' },
  { host: 'evil.example@127.0.0.1' },
  { host: '127.0.0.1:8420/evil' },
  { host: '127.0.0.1 evil' },
  { host: '127.0.0.1:99999' },
  { host: '127.0.0.1:8420', origin: 'http://evil.example' },
  { host: '127.0.0.1:8420', origin: 'http://127.0.0.1:8421' },
  { host: '127.0.0.1:8420', origin: 'http://localhost:8420' },
  { host: '127.0.0.1:8420', origin: 'null' },
  { host: '127.0.0.1:8420', origin: '' },
  { host: '127.0.0.1:8420', origin: 'file://127.0.0.1:8420' },
])('%o is not us', (headers) => {
  expect(asking(headers as Record<string, string>)).toThrow('forbidden')
})

/**
 * Who this machine is where /etc/machine-id does not say, as in many containers: an id that the first start writes into
 * NVIRT_DATA. Whoever keeps the folder keeps the host, with all that is known of it.
 */
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { readOrMake } from './access/made-once.ts'
import { ConfigurationError } from './config.ts'

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * 32 hex digits, as a machine-id has them. Safe to repeat: the second call reads what the first made.
 *
 * @param data NVIRT_DATA
 * @throws ConfigurationError the file holds something else
 */
export function hostIdIn(data: string): string {
  const file = path.join(data, 'host-id')
  const id = readOrMake(file, randomUUID)
  if (UUID.test(id)) return id.replaceAll('-', '')
  const mayBe = `${file} must hold a UUID; without that file this machine becomes a new host`
  throw new ConfigurationError('NVIRT_DATA', data, mayBe)
}

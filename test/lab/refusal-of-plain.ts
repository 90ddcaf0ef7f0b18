/** What is said when the plain controller is asked for and cannot go. */
import { expect } from 'vitest'
import { plainController, type Lab } from './lab.ts'
import { bindingOf } from './machine-snapshot.ts'
import { PLAIN_ADDRESS } from './qemu-arguments.ts'

/** @returns what the API says of it, in JSON. @throws when it is not refused, or was bound anew */
export async function refusalOfPlain({ client, agent }: Lab): Promise<string> {
  const { id } = await plainController(client)
  const answer = await client.request('POST', '/v1/assignments', {
    controllerId: id,
    consumer: 'nobody',
  })
  expect(answer.status).toBe(409)
  expect(await bindingOf(agent, PLAIN_ADDRESS)).toEqual({
    driver: 'nvme',
    override: '(null)',
  })
  return JSON.stringify(answer.body)
}

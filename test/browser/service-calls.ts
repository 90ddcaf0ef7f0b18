/** Somebody else who changes the fleet: another client of the API, and what happens to a machine by itself. */
import assert from 'node:assert/strict'

type Known = {
  readonly id: string
  readonly serial?: string
  readonly hostname?: string
  readonly vfNumber?: number
  readonly consumer?: string
  readonly hostId?: string
  readonly nsid?: number
}

export class ServiceCalls {
  readonly #url: string
  readonly #token: string

  constructor(url: string, token: string) {
    this.#url = url
    this.#token = token
  }

  /** Another client provisions a VF of the controller with that serial number, and waits for its end. */
  async provisionOne(
    serial: string,
    { ioQueuePairs = 1, nsid }: { ioQueuePairs?: number; nsid?: number } = {}
  ): Promise<void> {
    const { id, hostId } = await this.#one('controllers', (one) => one.serial === serial)
    const has = (one: Known) => one.hostId === hostId && one.nsid === nsid
    const namespaceIds = nsid === undefined ? [] : [(await this.#one('namespaces', has)).id]
    const body = { virtualFunctions: [{ ioQueuePairs, namespaceIds }] }
    await this.#done(`controllers/${id}/virtualFunctions`, body)
  }

  /** Another client hands its VF 1 to a consumer, and waits until that has it. */
  async assignFirst(serial: string, consumer: string): Promise<void> {
    const { id } = await this.#one('controllers', ({ serial: known }) => known === serial)
    const vf = await this.#one(
      `virtualFunctions?controllerId=${id}`,
      ({ vfNumber }) => vfNumber === 1
    )
    const accept = ['not-tenant-safe']
    await this.#done('assignments', { virtualFunctionId: vf.id, consumer, accept })
  }

  /** Takes back whatever that consumer has, and waits for its end. */
  async release(consumer: string): Promise<void> {
    const { id } = await this.#one('assignments', (one) => one.consumer === consumer)
    await this.#done(`assignments/${id}/release`, {})
  }

  async hostId(hostname: string): Promise<string> {
    return (await this.#one('hosts', (host) => host.hostname === hostname)).id
  }

  /** An event of a drill: nvirt is not told of it. */
  async happens(hostname: string, event: object): Promise<void> {
    const { id } = await this.#one('hosts', (host) => host.hostname === hostname)
    await this.#ask('POST', `hosts/${id}/drills`, { event })
  }

  /** Kernel calls of a host are spoiled until the answer is called; what hangs fails then. */
  async spoiled(
    hostname: string,
    match: object,
    kind: 'never-returns' | 'without-effect'
  ): Promise<() => Promise<void>> {
    const { id } = await this.#one('hosts', (host) => host.hostname === hostname)
    const fault = { match, kind: { fault: kind } }
    const drill = (await this.#ask('POST', `hosts/${id}/drills`, { fault })) as Known
    return async () => {
      await this.#ask('DELETE', `hosts/${id}/drills/${drill.id}`)
    }
  }

  async #done(path: string, body: object): Promise<void> {
    const { id } = (await this.#ask('POST', path, body)) as Known
    const wait = `operations/${id}/wait?timeoutSeconds=30`
    const ended = (await this.#ask('GET', wait)) as { readonly state: string }
    assert.equal(ended.state, 'succeeded')
  }

  async #one(list: string, isIt: (item: Known) => boolean): Promise<Known> {
    const { items } = (await this.#ask('GET', list)) as {
      readonly items: readonly Known[]
    }
    const item = items.find(isIt)
    assert.ok(item, `it is not in ${list}`)
    return item
  }

  async #ask(method: string, path: string, body?: object): Promise<unknown> {
    const authorization = `Bearer ${this.#token}`
    const sent = body
      ? {
          headers: { authorization, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }
      : { headers: { authorization } }
    const answer = await fetch(`${this.#url}/v1/${path}`, { method, ...sent })
    assert.ok(
      answer.ok,
      `${method} ${path}: ${answer.status} ${await answer.clone().text()}`
    )
    return answer.json()
  }
}

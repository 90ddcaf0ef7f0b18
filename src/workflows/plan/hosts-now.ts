/** Hosts, each asked once for each question, so that a plan sees one world; and what they answered, to be compared later. */
import type { HostDriver } from '../../host/driver.ts'
import type { Hosts, RegisteredHost } from '../../host/hosts.ts'
import type { HostAnswers, HostQuery, HostReply } from '../../host/query.ts'

export type Answered = {
  readonly hostId: string
  readonly query: HostQuery
  /** null: there was none. */
  readonly answer: HostAnswers[HostQuery['read']] | null
}

export interface HostsNow {
  readonly hosts: Hosts
  readonly answers: () => readonly Answered[]
}

export function hostsNow(hosts: Hosts): HostsNow {
  const answers: Answered[] = []
  const drivers = new Map<string, HostDriver>()
  const driverOf = (id: string, driver: HostDriver) => {
    const known = drivers.get(id)
    if (known) return known
    const note = (query: HostQuery, answer: Answered['answer']) =>
      void answers.push({ hostId: id, query, answer })
    const remembering = { ...driver, ask: askedOnce(driver, note) }
    drivers.set(id, remembering)
    return remembering
  }
  const now = (host: RegisteredHost): RegisteredHost =>
    host.reach === 'away' ? host : { ...host, driver: driverOf(host.id, host.driver) }
  return {
    hosts: {
      all: () => hosts.all().map(now),
      get: (id) => {
        const host = hosts.get(id)
        return host && now(host)
      },
      set: hosts.set,
    },
    answers: () => answers,
  }
}

function askedOnce(
  driver: HostDriver,
  note: (query: HostQuery, answer: Answered['answer']) => void
): HostDriver['ask'] {
  const known = new Map<string, Promise<HostReply<HostQuery>>>()
  async function askFirst(query: HostQuery): Promise<HostReply<HostQuery>> {
    try {
      const reply = await driver.ask(query)
      note(query, reply.answered ? reply.answer : null)
      return reply
    } catch (error) {
      note(query, null)
      throw error
    }
  }
  const ask = (query: HostQuery) => {
    const key = JSON.stringify(query)
    const asked = known.get(key) ?? askFirst(query)
    known.set(key, asked)
    return asked
  }
  // A question is its own key, so what is remembered under it is its own answer.
  return ask as HostDriver['ask']
}

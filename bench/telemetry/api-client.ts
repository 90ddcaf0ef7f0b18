/**
 * Who reads the API while others watch: GETs at a rate, lists and single objects in turn, each timed from when it was due, so
 * that one that waits hides no other. A process of its own: `port token rate`, then a line `read SECONDS` is answered by
 * COUNT P50 P99 MAX in ms.
 */
import { Agent, get } from 'node:http'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'

type Item = { readonly id: string }
type Ask = (path: string) => Promise<string>

/** @param words PORT TOKEN RATE */
export async function apiClient([port, token, rate]: readonly string[]): Promise<void> {
  const ask = asking(Number(port), token ?? '')
  const paths = await mixOf(ask)
  for await (const line of createInterface({ input: process.stdin })) {
    const ms = await readAll(ask, paths, Number(line.split(' ')[1]), Number(rate))
    const at = (part: number) => ms[Math.floor((ms.length - 1) * part)]?.toFixed(2)
    process.stdout.write(`${ms.length} ${at(0.5)} ${at(0.99)} ${at(1)}\n`)
  }
  process.exit(0)
}

/** What an operator's page and a script ask for. */
async function mixOf(ask: Ask): Promise<readonly string[]> {
  const list = async (path: string) =>
    (JSON.parse(await ask(`${path}?limit=100`)) as { readonly items: readonly Item[] })
      .items
  const [hosts, controllers] = [await list('/v1/hosts'), await list('/v1/controllers')]
  const [vfs, namespaces] = [
    await list('/v1/virtualFunctions'),
    await list('/v1/namespaces'),
  ]
  return hosts.flatMap((host, n) => [
    '/v1/hosts?limit=50',
    '/v1/controllers?limit=50',
    '/v1/virtualFunctions?limit=50',
    `/v1/hosts/${host.id}`,
    `/v1/controllers/${controllers[n]?.id}`,
    `/v1/virtualFunctions/${vfs[n]?.id}`,
    `/v1/virtualFunctions?controllerId=${controllers[n]?.id}`,
    `/v1/namespaces/${namespaces[n]?.id}`,
    '/v1/events?after=0&limit=50',
    '/v1/operations?limit=50',
  ])
}

/** @returns ms of each, ascending */
async function readAll(
  ask: Ask,
  paths: readonly string[],
  seconds: number,
  rate: number
): Promise<readonly number[]> {
  const ms: number[] = []
  const underWay: Promise<void>[] = []
  const begun = performance.now()
  for (let n = 0; n < seconds * rate; n++) {
    const due = begun + (n * 1000) / rate
    if (due - performance.now() > 1) await setTimeout(due - performance.now())
    const timed = ask(paths[n % paths.length]!).then(
      () => void ms.push(performance.now() - due)
    )
    underWay.push(timed)
  }
  await Promise.all(underWay)
  return ms.toSorted((a, b) => a - b)
}

function asking(port: number, token: string): Ask {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const headers = { authorization: `Bearer ${token}` }
  return (path) =>
    new Promise((resolve, reject) => {
      const request = get({ host: '127.0.0.1', port, path, agent, headers }, (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (more: string) => (text += more))
        answer.on('end', () =>
          answer.statusCode === 200
            ? resolve(text)
            : reject(new Error(`${path}: ${answer.statusCode} ${text}`))
        )
      })
      request.on('error', reject)
    })
}

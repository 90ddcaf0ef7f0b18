/** An emulated host with its rows in a store: what telemetry needs, without the services above it. */
import { onTestFinished } from 'vitest'
import { labLikeHost } from '../../src/emulator/lab-like-host.ts'
import { emulatedMachine } from '../../src/emulator/power-on.ts'
import { AT_ONCE } from '../../src/emulator/timing.ts'
import type { HostDriver } from '../../src/host/driver.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { linuxHost } from '../../src/linux/linux-host.ts'
import { pciAddress } from '../../src/nvme/pci-address.ts'
import type { NewEvent } from '../../src/store/rows.ts'
import { createTelemetry } from '../../src/telemetry/hub.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { temporaryStore } from '../store/temporary-store.ts'

export const HOST = 'host-1'
export const PF = pciAddress('0000:01:00.0')
const AT = '2026-01-01T00:00:00.000Z'

export async function watchedHost() {
  const clock = fakeClock()
  const machine = await emulatedMachine(labLikeHost(), { clock, timing: AT_ONCE })
  const watches = countedWatches(linuxHost(machine.kernel, clock, { emulated: true }))
  const store = await temporaryStore()
  const hosts = createHosts()
  hosts.set({ id: HOST, reach: 'reachable', driver: watches.driver })
  const trouble: unknown[] = []
  const telemetry = createTelemetry({
    hosts,
    store,
    clock,
    onTrouble: (_doing, cause) => trouble.push(cause),
  })
  onTestFinished(async () => {
    await telemetry.stop()
    await watches.driver.close()
    await machine.close()
  })

  /** What a scan would store: functions by their address. @param event null: it tells nothing of them */
  async function storeScan(event: NewEvent | null = SCANNED): Promise<void> {
    const { functions } = await watches.driver.scan()
    const controllers = functions.filter(({ vf }) => vf === null)
    const vfs = functions.filter(({ vf }) => vf !== null)
    await store.commit([
      {
        write: 'reconcile',
        controllers: controllers.map((observation) => ({
          id: observation.address,
          hostId: HOST,
          serial: '',
          subsystemNqn: '',
          cntlid: 0,
          address: observation.address,
          present: true,
          ambiguous: false,
          observation,
          lastController: observation.controller,
          observedAt: AT,
        })),
        virtualFunctions: vfs.map((observation) => ({
          id: observation.address,
          hostId: HOST,
          controllerId: observation.vf?.pf ?? '',
          vfNumber: observation.vf?.vfNumber ?? 0,
          cntlid: observation.vf?.vfNumber ?? 0,
          address: observation.address,
          secondaryState: 'offline' as const,
          vq: 0,
          vi: 0,
          observation,
          observedAt: AT,
        })),
        namespaces: [],
      },
      ...(event ? [{ write: 'appendEvent' as const, event }] : []),
    ])
  }

  await store.commit([{ write: 'putHost', row: hostRow }])
  await storeScan()
  return { clock, machine, hosts, store, telemetry, watches, trouble, storeScan }
}

/** The driver, with its running watches by period. */
function countedWatches(driver: HostDriver) {
  const running = new Map<number, number>()
  let begun = 0
  /** What each watch that was begun asked for. */
  const details: Parameters<HostDriver['watch']>[4][] = []
  const count = (periodMs: number, by: number) =>
    running.set(periodMs, (running.get(periodMs) ?? 0) + by)
  const counted: HostDriver = {
    ...driver,
    watch: async (...how) => {
      const [, periodMs, , , detail] = how
      begun += 1
      details.push(detail)
      const end = await driver.watch(...how)
      count(periodMs, 1)
      return async () => {
        count(periodMs, -1)
        await end()
      }
    },
  }
  return { driver: counted, running, details, begun: () => begun }
}

export const hostRow = {
  id: HOST,
  machineId: '0'.repeat(32),
  bootId: 'boot',
  hostname: 'host',
  kernelRelease: '6.1',
  onlineCpus: 4,
  iommu: true,
  reach: 'reachable',
  why: null,
  observedAt: AT,
} as const

export const SCANNED: NewEvent = {
  type: 'host.changed',
  at: AT,
  hostId: HOST,
  subject: { kind: 'host', id: HOST },
  actor: 'system',
  tenant: 'default',
  operationId: null,
  detail: {},
}

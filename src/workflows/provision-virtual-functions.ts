/**
 * Takes VFs out of a primary's pool: resources, online, and exactly the namespaces that were asked for. No commit step:
 * until the end everything can be undone.
 *
 * `record-vfs` only observes. It is a step of its own because the steps after it must be safe to run twice, and their
 * undo needs what was there before the first of them.
 * Source: NVMe Base 2.1, "Virtualization Enhancements"; a Function Level Reset between assigning and online makes a
 * drive read its VF's MSI-X size again (Samsung on linux-nvme, "PM1733", May 2020), and does no harm elsewhere.
 */
import type { Refusal } from '../errors.ts'
import { eventWrite } from '../events/events.ts'
import type { EndContext } from '../saga/workflow.ts'
import type { Store, StoreWrite } from '../store/store.ts'
import { change } from './change-row.ts'
import {
  defineWorkflow,
  guard,
  observe,
  type Row,
  type Surroundings,
} from './define-workflow.ts'
import { groupLock } from './function-locks.ts'
import { driveTarget, functionTarget, refuseOther } from './guards/identity.ts'
import { receiversOf, refuseGroups, refuseNamespaces } from './guards/provisioning.ts'
import { refuseOnline } from './guards/secondary.ts'
import type { Ask } from './host-session.ts'
import { look } from './moves.ts'
import { phasesOf } from './phases.ts'
import { PROVISION, provisionParams, type ProvisionParams } from './provision-params.ts'
import { RECORD_VFS, recordVfs } from './record-vfs.ts'
import { rescan } from './rescan.ts'
import { primaryLock, recordSriov, restoreSriov } from './restore-sriov.ts'
import { stepsOneByOne } from './virtual-function-steps.ts'

/** In phases: all VFs get their resources, are reset at the same time, go online. */
export function provisionVirtualFunctions(around: Surroundings) {
  return provisioning(around, 2, phasesOf)
}

/** Of a former nvirt. */
export function provisionOneByOne(around: Surroundings) {
  return provisioning(around, 1, stepsOneByOne)
}

function provisioning(
  around: Surroundings,
  version: number,
  stepsOf: (p: ProvisionParams) => readonly Row[]
) {
  return defineWorkflow<ProvisionParams>(around, {
    name: PROVISION,
    version,
    params: provisionParams,
    locks: locksOf,
    steps: (p) => [
      recordSriov(p),
      guard('check-request', ({ ask, store }) => refuseRequest(ask, store, p)),
      enableVfs(p),
      observe(RECORD_VFS, (turn) => recordVfs(turn, p)),
      ...stepsOf(p),
      rescan(p.hostId),
    ],
    onSucceeded: provisioned,
  })
}

/** Read by the request too, so that a mounted namespace is refused before anything is begun. */
export async function refuseRequest(
  ask: Ask,
  store: Store,
  p: ProvisionParams
): Promise<readonly Refusal[]> {
  const other = await refuseOther(ask, driveTarget(p.primary))
  if (other.length > 0) return other
  const nsids = p.virtualFunctions.flatMap((vf) => vf.nsids)
  return [
    ...(await refuseOnline(ask, p.primary.address, receiversOf(p))),
    ...(await refuseNamespaces(ask, store, p, nsids)),
    ...(await refuseGroups(ask, store, p)),
  ]
}

function locksOf(p: ProvisionParams): readonly string[] {
  const groups = p.groups ?? []
  return [
    ...p.virtualFunctions.map(({ id }) => `function:${id}`),
    ...groups.map((group) => groupLock(p.hostId, group)),
  ]
}

/** Shared with restore-virtual-function.ts. All at once, since the count cannot grow while VFs are in use; the kernel must not probe what is not online. */
export function enableVfs(p: ProvisionParams): Row {
  const pf = p.primary.address
  return {
    ...change('enable-vfs', {
      on: functionTarget(pf, p.primary),
      locks: [primaryLock(p.controllerId)],
      do: [
        look({ read: 'sriov', pf }, ({ vfCount }) =>
          vfCount > 0
            ? []
            : [
                { change: 'setAutoprobe', pf, enabled: false },
                { change: 'setVfCount', pf, count: p.totalVfs },
              ]
        ),
      ],
    }),
    undo: (turn) => restoreSriov(p, turn),
  }
}

function provisioned(p: ProvisionParams, end: EndContext): readonly StoreWrite[] {
  return p.virtualFunctions.flatMap(({ id, vfNumber, vq, vi, nsids }) => [
    {
      write: 'setProvisioned' as const,
      virtualFunctionId: id,
      provisioned: {
        vq,
        vi,
        nsids,
        driver: p.driver,
        tenant: end.tenant,
        operationId: end.operationId,
        at: end.at,
      },
    },
    eventWrite({
      type: 'virtual-function.provisioned',
      hostId: p.hostId,
      subject: { kind: 'virtualFunction', id },
      actor: end.actor,
      tenant: end.tenant,
      operationId: end.operationId,
      detail: { controllerId: p.controllerId, vfNumber, vq, vi, nsids, driver: p.driver },
      at: end.at,
    }),
  ])
}

/** A VF is not taken down for a namespace that another one keeps, since the pools keep that one from going. */
import { expect, test } from 'vitest'
import type { ControllerRow, VirtualFunctionRow } from '../../src/store/rows.ts'
import { judgeVfs } from '../../src/workflows/declared/judge-vfs.ts'
import {
  assignmentRow,
  controllerAnswer,
  controllerRow,
  virtualFunctionRow,
} from '../store/rows.ts'

const POOL = {
  supported: true,
  total: 12,
  assigned: 12,
  primary: 0,
  private: 0,
  maxPerSecondary: 8,
  granularity: 1,
}
const [base, answer] = [controllerRow(), controllerAnswer()]
const CONTROLLER: ControllerRow = {
  ...base,
  sriovBefore: null,
  observation: { ...base.observation, binding: { driver: 'nvme', override: null } },
  lastController: { ...answer, primary: { cntlid: 0, vq: POOL, vi: POOL } },
}

function vf(vfNumber: number, size: number, nsids: readonly number[]): VirtualFunctionRow {
  const its = { driver: 'none', tenant: 'demo', operationId: '', at: '' } as const
  const sizes = { vq: size, vi: 1 }
  const row = virtualFunctionRow({ id: `vf-${vfNumber}`, vfNumber, ...sizes })
  const there = { controllerId: CONTROLLER.id, secondaryState: 'online' } as const
  return { ...row, ...there, provisioned: { ...its, ...sizes, nsids } }
}

const VFS = [vf(1, 2, [5]), vf(2, 2, [7]), vf(3, 8, [])]

test.for([
  { used: true, next: ['wait', 'wait', 'wait'] },
  { used: false, next: ['wait', 'retire', 'retire'] },
])(
  'while the third is in use ($used) the second waits for the first',
  ({ used, next: expected }) => {
    const judged = judgeVfs(
      {
        controllerId: CONTROLLER.id,
        request: { count: 3, vq: {}, vi: {} },
        virtualFunctions: [
          { vq: 8, vi: 1, nsids: [6] },
          { vq: 2, vi: 1, nsids: [5] },
          { vq: 2, vi: 1, nsids: [] },
        ],
        actor: 'demo',
        tenant: 'demo',
        at: '',
      },
      CONTROLLER,
      {
        controllers: [CONTROLLER],
        virtualFunctions: VFS,
        namespaces: [],
        assignments: used
          ? [
              assignmentRow({
                functionKind: 'virtualFunction',
                functionId: 'vf-3',
                state: 'ready',
              }),
            ]
          : [],
      }
    )

    expect(judged.map(({ next }) => next)).toEqual(expected)
  }
)

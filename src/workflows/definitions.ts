/** Every workflow that this nvirt has code for, former versions included. */
import type { WorkflowDefinition } from '../saga/workflow.ts'
import type { StoreWrite } from '../store/store.ts'
import { adoptVirtualFunction } from './adopt-virtual-function.ts'
import { assignFunction } from './assign-function.ts'
import type { Surroundings } from './define-workflow.ts'
import {
  provisionOneByOne,
  provisionVirtualFunctions,
} from './provision-virtual-functions.ts'
import { releaseAndClean } from './release-and-clean.ts'
import { releaseAssignment } from './release-assignment.ts'
import { resizePrimary } from './resize-primary.ts'
import { restoreAssignment } from './restore-assignment.ts'
import { restoreVirtualFunction } from './restore-virtual-function.ts'
import { retireVirtualFunction } from './retire-virtual-function.ts'

export function workflowsIn(
  around: Surroundings
): readonly WorkflowDefinition<StoreWrite>[] {
  return [
    provisionVirtualFunctions(around),
    provisionOneByOne(around),
    resizePrimary(around),
    retireVirtualFunction(around),
    assignFunction(around),
    releaseAssignment(around),
    restoreVirtualFunction(around),
    restoreAssignment(around),
    releaseAndClean(around),
    adoptVirtualFunction(around),
  ]
}

import type { HostView } from '../../inventory/views.ts'
import {
  answerShape,
  choice,
  count,
  flag,
  nullable,
  requestShape,
  text,
  time,
} from '../shape.ts'

export const HostShape = answerShape<HostView>('Host', 'A Linux host', {
  id: text('Opaque id'),
  hostname: text('Host name, an attribute'),
  machineId: text('/etc/machine-id, or what stands for it where there is none'),
  bootId: text('Changes with each boot'),
  kernelRelease: text('Kernel release'),
  onlineCpus: count('CPUs online'),
  iommu: flag('Has IOMMU groups; without, nothing can be assigned'),
  reach: choice(['reachable', 'away'], 'Whether the host answers'),
  why: nullable(text('Why the host is away')),
  state: choice(
    ['ready', 'restoring', 'degraded'],
    'Whether what was provisioned, assigned and declared when it was started is back. Degraded: some of it could not be brought back; its drift, and virtual function policies, say what.'
  ),
  driftPolicy: choice(
    ['report', 'heal'],
    'What is done about drift besides telling it. What a reboot took away is always brought back.'
  ),
  observedAt: time('When this was seen'),
})

export type DriftPolicyRequest = { readonly policy: HostView['driftPolicy'] }

export const DriftPolicyShape = requestShape<DriftPolicyRequest>(
  'DriftPolicy',
  'What nvirt does about drift of a host, besides telling it',
  {
    policy: choice(
      ['report', 'heal'],
      'Report: nothing. Heal: what nobody uses is brought to what is desired, in a few attempts'
    ),
  },
  { examples: [{ policy: 'heal' }] }
)

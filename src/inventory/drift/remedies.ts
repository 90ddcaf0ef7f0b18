/** What to do about each kind of drift. */
import type { DriftKind } from '../../store/rows.ts'

export const REMEDIES = {
  'hardware-missing': 'Plug the drive in again, or release and retire what it had.',
  ambiguous:
    'Remove one of the two drives that claim this identity. What is assigned waits for the drive that it was assigned with: release it to use the other.',
  'vfs-gone': 'Heal it: VFs are enabled and provisioned again. Or retire it.',
  'vf-offline': 'Heal it: it is provisioned again, once nobody uses it. Or retire it.',
  'resources-lost': 'Heal it: it is provisioned again, once nobody uses it. Or retire it.',
  'resources-changed': 'Retire the virtual function and provision it again.',
  'namespace-detached': 'Heal it: the namespace is attached again, if it is free.',
  'foreign-namespace-attached':
    'Heal it: the namespace is detached, once nobody uses the function. Or find out who attached it.',
  'driver-changed':
    'Heal it: it is bound again, once nobody uses it. Or find out who bound it.',
  'override-changed':
    'Heal it: the override is set again. Until then another driver may take it.',
  moved: 'Heal it: the consumer is told its new place.',
  'autoprobe-changed': 'Write 0 to sriov_drivers_autoprobe of the primary.',
  'foreign-vfs': 'Set the VF count to 0, or adopt the virtual functions that are online.',
  'foreign-secondary-online': 'Adopt it, or take it offline.',
} as const satisfies Record<DriftKind, string>

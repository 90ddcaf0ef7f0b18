/** Every type of event, with the keys that its detail may have. Of telemetry only what it finds: numbers are no events. */
export const EVENT_KEYS = {
  'host.appeared': ['hostname'],
  'host.away': ['why'],
  'host.returned': [],
  'host.rebooted': ['bootIdBefore', 'bootId'],
  /** What was standing when it was started again has been tried; so many functions are not back. */
  'host.restored': ['bootId', 'unrestored'],
  'host.drift-policy-set': ['policy'],
  'host.changed': ['changes'],
  /** An emulated host was made to fail, on purpose. */
  'host.drill-armed': ['drillId', 'fault'],
  'host.drill-fired': ['event'],
  'host.drill-ended': ['drillId', 'fault', 'hanging'],

  'controller.appeared': ['after'],
  'controller.changed': ['changes'],
  'controller.gone': ['before'],
  /** Flexible resources of the primary's own: what it had, and what it has since its reset. */
  'controller.primary-resized': ['vqBefore', 'viBefore', 'vq', 'vi'],
  /** Its VFs are to be these, whoever asks for what; and are no longer declared. */
  'controller.virtual-functions-declared': ['request', 'virtualFunctions'],
  'controller.virtual-functions-undeclared': [],
  /** What is desired of it and what is seen differ, and do so no longer. */
  'controller.drift-appeared': ['kind', 'expected', 'found', 'remedy'],
  'controller.drift-resolved': ['kind', 'expected', 'found', 'since'],
  /** What the numbers show: a queue that is stuck, health. Each begins once and ends once. */
  'controller.finding-began': ['finding', 'qid', 'numbers'],
  'controller.finding-ended': ['finding', 'qid', 'numbers'],

  'virtual-function.appeared': ['after'],
  'virtual-function.changed': ['changes'],
  'virtual-function.gone': ['before'],
  'virtual-function.drift-appeared': ['kind', 'expected', 'found', 'remedy'],
  'virtual-function.drift-resolved': ['kind', 'expected', 'found', 'since'],
  'virtual-function.finding-began': ['finding', 'qid', 'numbers'],
  'virtual-function.finding-ended': ['finding', 'qid', 'numbers'],
  'virtual-function.provisioned': [
    'controllerId',
    'vfNumber',
    'vq',
    'vi',
    'nsids',
    'driver',
  ],
  /** Somebody else made it; it is nvirt's now, as it was found. */
  'virtual-function.adopted': ['controllerId', 'vfNumber', 'vq', 'vi', 'nsids', 'driver'],
  'virtual-function.restored': ['controllerId', 'vfNumber'],
  'virtual-function.retired': ['controllerId', 'vfNumber'],
  'virtual-function.quarantined': ['controllerId', 'vfNumber', 'reason'],

  'namespace.appeared': ['after'],
  'namespace.changed': ['changes'],
  'namespace.gone': ['before'],

  'assignment.ready': ['functionId', 'pciAddress', 'vfioPath'],
  'assignment.failed': ['functionId', 'pciAddress', 'reason'],
  'assignment.quarantined': ['functionId', 'pciAddress', 'reason'],
  /** It is not in its consumer's reach: its hardware has gone, or is there again and not yet handed over. */
  'assignment.lost': ['functionId', 'pciAddress'],
  'assignment.restoring': ['functionId', 'pciAddress'],
  'assignment.restored': ['functionId', 'pciAddress', 'vfioPath'],
  /** Evidence that the data of its last user are gone: how each namespace was erased, and which blocks were looked at. */
  'assignment.cleaned': [
    'functionId',
    'pciAddress',
    'namespaces',
    'condition',
    'startedAt',
    'endedAt',
  ],
  'assignment.released': ['functionId', 'pciAddress'],
  /** The data of the last user are still on it, and somebody accepted that. */
  'assignment.freed-uncleaned': ['functionId', 'pciAddress'],

  'operation.created': ['workflow'],
  /** By whom the event says; whose operation it is may be somebody else. */
  'operation.cancel-requested': ['workflow'],
  /** It was stuck, with that error. */
  'operation.retried': ['workflow', 'error'],
  'operation.blocked': ['workflow', 'blocked'],
  'operation.succeeded': ['workflow'],
  'operation.undone': ['workflow', 'error'],
  'operation.stuck': ['workflow', 'error'],
} as const satisfies Record<`${string}.${string}`, readonly string[]>

export type EventType = keyof typeof EVENT_KEYS

export type EventDetail<T extends EventType> = {
  readonly [K in (typeof EVENT_KEYS)[T][number]]?: unknown
}

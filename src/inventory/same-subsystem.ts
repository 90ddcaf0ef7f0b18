/** A controller reaches the namespaces of its own subsystem only. Neither NQN nor serial alone is told uniquely by every drive. */
export function isOfSubsystem(
  controller: { readonly serial: string; readonly subsystemNqn: string },
  namespace: { readonly serial: string; readonly subsystemNqn: string }
): boolean {
  return (
    controller.serial === namespace.serial &&
    controller.subsystemNqn === namespace.subsystemNqn
  )
}

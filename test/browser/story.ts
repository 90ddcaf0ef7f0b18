import type { Dashboard } from './dashboard.ts'
import type { ServiceCalls } from './service-calls.ts'

export type Story = {
  readonly dashboard: Dashboard
  /** What happens behind the page's back. */
  readonly service: ServiceCalls
}

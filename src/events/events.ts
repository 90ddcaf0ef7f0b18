/** The only maker of events, and the way to read them. An event is a write of the transaction whose change it tells. */
import type { Caller } from '../access/caller.ts'
import { tenantFilter } from '../access/tenant-filter.ts'
import type { EventRow, NewEvent } from '../store/rows.ts'
import type { Store, StoreWrite } from '../store/store.ts'
import type { EventDetail, EventType } from './catalogue.ts'

export type EventFields<T extends EventType> = Omit<NewEvent, 'type' | 'detail'> & {
  readonly type: T
  readonly detail: EventDetail<T>
}

export function eventWrite<T extends EventType>(event: EventFields<T>): StoreWrite {
  return { write: 'appendEvent', event }
}

export interface Events {
  /** Those that the caller may see after that number, ascending, at most `limit`. */
  list: (caller: Caller, after: number, limit: number) => readonly EventRow[]
  /** Those that become durable from now on and that the caller may see, in order, until the returned function is called. */
  subscribe: (caller: Caller, listener: (events: readonly EventRow[]) => void) => () => void
}

export function createEvents(store: Store): Events {
  return {
    list: (caller, after, limit) => store.read.events(tenantFilter(caller), after, limit),
    subscribe: (caller, listener) => {
      const tenant = tenantFilter(caller)
      return store.onEvents((events) => {
        const visible = events.filter((event) => tenant === null || event.tenant === tenant)
        if (visible.length > 0) listener(visible)
      })
    },
  }
}
